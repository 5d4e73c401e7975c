/** Buttons from the registry of toolbar items. */

import { IToolbarContext, IToolbarItem, IToolbarItems } from 'jupyter-ai-tokens';
import React from 'react';

import { useSignal } from './hooks';

export interface IToolbarProps {
  readonly items: IToolbarItems;
  readonly place: IToolbarItem['place'];
  readonly context: IToolbarContext;
  /** The accessible name of the group. */
  readonly label: string;
}

/** The items of one place; drawn again when the chat or the registry changes. */
export function Toolbar({ items, place, context, label }: IToolbarProps): JSX.Element | null {
  useSignal(items.changed);
  useSignal(context.chat.changed);
  const shown = items.items.filter(item => item.place === place && ask(item, context, 'isVisible'));
  if (shown.length === 0) {
    return null;
  }
  return (
    <div className={`jp-ai-toolbar jp-ai-toolbar-${place}`} role="group" aria-label={label}>
      {shown.map(item => (
        <ToolbarButton key={item.id} item={item} context={context} />
      ))}
    </div>
  );
}

interface IButtonProps {
  readonly item: IToolbarItem;
  readonly context: IToolbarContext;
}

/** One item; if it cannot be drawn, it is left out. */
export class ToolbarButton extends React.Component<IButtonProps, { hasFailed: boolean }> {
  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override state = { hasFailed: false };

  override componentDidCatch(error: unknown): void {
    console.error(`The toolbar item ${this.props.item.id} failed:`, error);
  }

  override render(): JSX.Element | null {
    return this.state.hasFailed ? null : <Button {...this.props} />;
  }
}

function Button({ item, context }: IButtonProps): JSX.Element {
  return (
    <button
      type="button"
      className="jp-ai-icon-button"
      data-item={item.id}
      title={item.label}
      aria-label={item.label}
      disabled={!ask(item, context, 'isEnabled')}
      onClick={() => void execute(item, context)}
    >
      <item.icon.react tag="span" />
    </button>
  );
}

/** Other extensions' code may throw; it costs them their button only. */
export function ask(
  item: IToolbarItem,
  context: IToolbarContext,
  what: 'isVisible' | 'isEnabled'
): boolean {
  try {
    return item[what]?.(context) ?? true;
  } catch (error) {
    console.error(`The toolbar item ${item.id} failed:`, error);
    return false;
  }
}

export async function execute(item: IToolbarItem, context: IToolbarContext): Promise<void> {
  try {
    await item.execute(context);
  } catch (error) {
    console.error(`The toolbar item ${item.id} failed:`, error);
  }
}
