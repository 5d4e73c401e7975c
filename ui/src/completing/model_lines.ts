/** The lines of the list of models that may complete. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Model, Models } from './wire';

export interface ILine {
  readonly id: string;
  /** What one searches in. */
  readonly label: string;
  readonly detail: string;
  readonly isChosen: boolean;
}

const AUTO = 'auto';

/** "Default" and "Automatic", then the models that can be used, then those that cannot, with the reason. */
export function linesOf({ models, chosen }: Models, trans: Pick<TranslationBundle, '__'>): ILine[] {
  const byDefault = {
    id: '',
    label: trans.__('Default'),
    detail: trans.__('What the administrator has chosen'),
    isChosen: chosen === ''
  };
  const ranked = [...models].sort((a, b) => rankOf(a) - rankOf(b));
  return [byDefault, ...ranked.map(model => lineOf(model, chosen))];
}

function rankOf({ id, available }: Model): number {
  return id === AUTO ? 0 : available ? 1 : 2;
}

function lineOf(model: Model, chosen: string): ILine {
  const { id, name, vendor, description, family, available, reason } = model;
  const details = available ? [description, family, id === AUTO ? '' : id] : [reason];
  return {
    id,
    label: joined(name, vendor),
    detail: joined(...details),
    isChosen: id === chosen
  };
}

function joined(...parts: (string | null)[]): string {
  return parts.filter(Boolean).join(' · ');
}
