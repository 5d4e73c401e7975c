/** The lines of the list of models that may complete. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Model, Models, Status } from './wire';

export interface ILine {
  readonly id: string;
  /** What one searches in. */
  readonly label: string;
  readonly detail: string;
  readonly isChosen: boolean;
  /** What choosing it does: the server lets nobody choose a model that cannot be used. */
  readonly leadsTo: 'model' | 'settings' | 'nothing';
}

type Words = Pick<TranslationBundle, '__'>;
/** What counts now, if that is known. */
type Counting = Pick<Status, 'mode' | 'name'> | null;

const AUTO = 'auto';

/** "Default" and "Automatic", then the models that can be used, then those that cannot, with the reason; only the fixed one, if so. */
export function linesOf(
  { models, chosen, fixed }: Models,
  counting: Counting,
  trans: Words
): ILine[] {
  if (fixed) {
    return [fixedLine(counting, trans)];
  }
  const byDefault: ILine = {
    id: '',
    label: trans.__('Default'),
    detail: defaultDetail(chosen, counting, trans),
    isChosen: chosen === '',
    leadsTo: 'model'
  };
  const ranked = [...models].sort((a, b) => rankOf(a) - rankOf(b));
  return [byDefault, ...ranked.map(model => lineOf(model, chosen, trans))];
}

function fixedLine(counting: Counting, trans: Words): ILine {
  return {
    id: '',
    label: counting?.name || trans.__('The model is fixed'),
    detail: trans.__(
      'The administrator of the server has fixed the model, or an environment variable of the server has: there is nothing to choose.'
    ),
    isChosen: true,
    leadsTo: 'nothing'
  };
}

function defaultDetail(chosen: string, counting: Counting, trans: Words): string {
  if (chosen !== '' || counting === null) {
    return trans.__('What the administrator has chosen; no model is asked if that is none');
  }
  return counting.mode === 'none'
    ? trans.__('No model is asked: the administrator has chosen none')
    : trans.__('What the administrator has chosen: %1', counting.name);
}

function rankOf({ id, available }: Model): number {
  return id === AUTO ? 0 : available ? 1 : 2;
}

function lineOf(model: Model, chosen: string, trans: Words): ILine {
  const { id, name, vendor, available } = model;
  return {
    id,
    label: joined(name, vendor),
    detail: detailOf(model, trans),
    isChosen: id === chosen,
    leadsTo: available || id === AUTO ? 'model' : 'settings'
  };
}

function detailOf({ id, description, family, available, reason }: Model, trans: Words): string {
  if (available) {
    return joined(description, family, id === AUTO ? '' : id);
  }
  const why = reason ?? trans.__('It cannot be used now.');
  return id === AUTO
    ? why
    : trans.__('%1 Keys are set in the settings of the chat, which this opens.', why);
}

function joined(...parts: (string | null)[]): string {
  return parts.filter(Boolean).join(' · ');
}
