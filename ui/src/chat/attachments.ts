/** Lists of what is attached to a prompt, by reference. */

import { PathExt } from '@jupyterlab/coreutils';
import { TranslationBundle } from '@jupyterlab/translation';
import { Attachment } from 'jupyter-ai-tokens';

/** As many as the server takes. */
export const MOST_ATTACHMENTS = 20;

/** `list` and one more; what is there already is there once, and cells of one notebook are one. */
export function withAttachment(
  list: readonly Attachment[],
  added: Attachment
): readonly Attachment[] {
  const at = list.findIndex(other => isSamePlace(other, added));
  return at === -1 ? [...list, added] : list.with(at, merged(list[at], added));
}

/** What it is, for people. */
export function nameOf(
  attachment: Attachment,
  trans: Pick<TranslationBundle, '__' | '_n'>
): string {
  const name = PathExt.basename(attachment.value) || attachment.value;
  const cells = attachment.type === 'notebook' ? (attachment.cells?.length ?? 0) : 0;
  return cells === 0 ? name : trans._n('%1 cell of %2', '%1 cells of %2', cells, name);
}

/** What was kept as JSON; nothing if it is none. */
export function parseAttachments(json: string | null): readonly Attachment[] {
  try {
    const found: unknown = JSON.parse(json ?? '[]');
    return Array.isArray(found) ? found.filter(isAttachment) : [];
  } catch {
    return [];
  }
}

function isSamePlace(one: Attachment, other: Attachment): boolean {
  return one.value === other.value && isWhole(one) === isWhole(other);
}

function isWhole(attachment: Attachment): boolean {
  return attachment.type === 'file' || !attachment.cells?.length;
}

function merged(one: Attachment, other: Attachment): Attachment {
  if (one.type === 'file' || other.type === 'file') {
    return one;
  }
  const cells = new Map([...(one.cells ?? []), ...(other.cells ?? [])].map(c => [c.id, c]));
  return { ...one, cells: [...cells.values()] };
}

function isAttachment(found: unknown): found is Attachment {
  const { type, value } = (found ?? {}) as { type?: unknown; value?: unknown };
  return (type === 'file' || type === 'notebook') && typeof value === 'string';
}
