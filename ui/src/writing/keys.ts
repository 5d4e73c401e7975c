/** What keys do where one types, as far as it depends on nothing but what is going on. */

export interface ISituation {
  readonly isMenuOpen: boolean;
  readonly isEditing: boolean;
  readonly isBusy: boolean;
}

export type EscapeAction = 'close-menu' | 'cancel-edit' | 'stop';

/** What Escape does: the nearest thing first; null: nothing. */
export function escapeAction(situation: ISituation): EscapeAction | null {
  if (situation.isMenuOpen) {
    return 'close-menu';
  }
  if (situation.isEditing) {
    return 'cancel-edit';
  }
  return situation.isBusy ? 'stop' : null;
}

/** Whether Enter sends, or begins a new line. */
export function enterSends(isShifted: boolean, withShift: boolean): boolean {
  return isShifted === withShift;
}
