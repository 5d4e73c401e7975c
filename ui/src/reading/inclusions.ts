/** What a model was shown of files, cells and the like, in words: `metadata.context` of a message. */

import { TranslationBundle } from '@jupyterlab/translation';
import { IChatMessage } from 'jupyter-ai-tokens';

/** One thing that was asked for; see `Inclusion` of the wire contract. */
export interface IInclusion {
  readonly name: string;
  readonly kind: string;
  /** What was added, and about how many tokens that makes. */
  readonly characters: number;
  readonly tokens: number;
  /** Characters that were not. */
  readonly left_out: number;
  readonly reason: string | null;
}

const MOST_NAMED = 3; // in one line

type Words = Pick<TranslationBundle, '__' | '_n'>;

export function inclusionsOf(message: IChatMessage): readonly IInclusion[] {
  const context = message.metadata.context as { included?: IInclusion[] } | null | undefined;
  const found = context?.included;
  return Array.isArray(found) ? found.filter(one => typeof one?.name === 'string') : [];
}

/** All in one line: what was read, and what was left out. */
export function summary(inclusions: readonly IInclusion[], trans: Words): string {
  const read = inclusions.filter(wasRead);
  const rest = inclusions.filter(one => !wasRead(one));
  return [
    ...(read.length > 0
      ? [
          trans.__(
            'Read: %1',
            listed(read, one => withSize(one, trans), trans)
          )
        ]
      : []),
    ...(rest.length > 0
      ? [
          trans.__(
            'Left out: %1',
            listed(rest, one => titleOf(one, trans), trans)
          )
        ]
      : [])
  ].join(' · ');
}

/** One of them, whole. */
export function details(one: IInclusion, trans: Words): string {
  if (!wasRead(one)) {
    return trans.__('%1: left out, %2', titleOf(one, trans), one.reason ?? '');
  }
  const size = withSize(one, trans);
  return one.left_out > 0
    ? trans.__('%1: %2 more were left out, %3', size, compact(one.left_out), one.reason ?? '')
    : size;
}

function wasRead(one: IInclusion): boolean {
  return one.characters > 0 || (one.reason ?? null) === null;
}

function listed(
  list: readonly IInclusion[],
  tell: (one: IInclusion) => string,
  trans: Words
): string {
  const told = list.slice(0, MOST_NAMED).map(tell).join(', ');
  const rest = list.length - MOST_NAMED;
  return rest > 0 ? trans._n('%2 and %1 more', '%2 and %1 more', rest, told) : told;
}

function withSize(one: IInclusion, trans: Words): string {
  const title = titleOf(one, trans);
  return one.kind === 'image'
    ? trans.__('%1 (image)', title)
    : trans.__('%1 (%2 characters)', title, compact(one.characters));
}

/** `a.py#L10-40` in words. */
function titleOf({ name }: IInclusion, trans: Words): string {
  const match = /^(.+)#L(\d+)(?:-L?(\d+))?$/.exec(name);
  if (match === null) {
    return name;
  }
  const [, path, first, last = first] = match;
  return first === last
    ? trans.__('%1 line %2', path, first)
    : trans.__('%1 lines %2–%3', path, first, last);
}

function compact(count: number): string {
  return new Intl.NumberFormat(undefined, { notation: 'compact' }).format(count);
}
