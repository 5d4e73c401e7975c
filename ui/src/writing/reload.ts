/** The reload of plug-ins on the server, and what is said of it. */

import type { TranslationBundle } from '@jupyterlab/translation';

interface IPlugin {
  name: string;
  slash_id: string | null;
  distribution: string;
}

interface IFailure extends IPlugin {
  reason: string | null;
  /** What is wrong although something of it serves. */
  trouble: string | null;
  /** A file, with a line where one is to blame. */
  where: string | null;
}

export interface IReloaded {
  added: IPlugin[];
  removed: IPlugin[];
  edited: IPlugin[];
  failed: IFailure[];
  /** Why the server has to be restarted. */
  restart: string[];
}

/** What has become of a reload, and whether all of it is well. */
export function told(
  reloaded: IReloaded,
  trans: Pick<TranslationBundle, '__'>
): { text: string; isWell: boolean } {
  const { added, removed, edited, failed, restart } = reloaded;
  const good = added.filter(plugin => !failed.some(one => sameAs(one, plugin)));
  const lines = [
    ...(good.length > 0 ? [trans.__('Added: %1', names(good))] : []),
    ...(removed.length > 0 ? [trans.__('Removed: %1', names(removed))] : []),
    ...(edited.length > 0 ? [trans.__('Reloaded: %1', names(edited))] : []),
    ...failed.map(one => trans.__('%1 failed: %2', names([one]), because(one))),
    ...restart.map(reason => trans.__('Restart the server: %1.', reason))
  ];
  return {
    text: lines.join('\n') || trans.__('No plug-in of the chat has changed.'),
    isWell: failed.length + restart.length === 0
  };
}

function names(plugins: IPlugin[]): string {
  return plugins.map(({ name, slash_id }) => (slash_id ? `/${slash_id}` : name)).join(', ');
}

function because({ reason, trouble, where }: IFailure): string {
  return [trouble ?? reason ?? '', ...(where ? [`(${where})`] : [])].join(' ');
}

function sameAs(one: IPlugin, other: IPlugin): boolean {
  return one.name === other.name && one.distribution === other.distribution;
}
