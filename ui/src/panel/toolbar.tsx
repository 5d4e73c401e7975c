/** The buttons of a panel: those of the least ranks as such, the others in a menu. */

import { TranslationBundle } from '@jupyterlab/translation';
import { ellipsesIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import { IToolbarContext, IToolbarItem, IToolbarItems } from 'jupyter-ai-tokens';
import React, { useEffect, useRef, useState } from 'react';

import { useSignal } from '../chat/hooks';
import { ask, execute, ToolbarButton } from '../chat/toolbar';

const FIRST_OF_MENU = 50; // a sidebar is narrow

export interface IPanelToolbarProps {
  readonly items: IToolbarItems;
  readonly context: IToolbarContext;
  readonly trans: TranslationBundle;
  /** The ids of items that make no sense here. */
  readonly without?: readonly string[];
}

export function PanelToolbar({ items, context, trans, without }: IPanelToolbarProps): JSX.Element {
  useSignal(items.changed);
  useSignal(context.chat.changed);
  const shown = items.items.filter(
    item => item.place === 'panel' && !without?.includes(item.id) && ask(item, context, 'isVisible')
  );
  return (
    <div className="jp-ai-toolbar jp-ai-toolbar-panel" role="group" aria-label={trans.__('Chat')}>
      {shown
        .filter(item => !isInMenu(item))
        .map(item => (
          <ToolbarButton key={item.id} item={item} context={context} />
        ))}
      <More items={shown.filter(isInMenu)} context={context} trans={trans} />
    </div>
  );
}

function isInMenu(item: IToolbarItem): boolean {
  return (item.rank ?? 100) >= FIRST_OF_MENU;
}

interface IMoreProps {
  readonly items: readonly IToolbarItem[];
  readonly context: IToolbarContext;
  readonly trans: TranslationBundle;
}

function More({ items, context, trans }: IMoreProps): JSX.Element | null {
  const [menu] = useState(() => new ItemMenu());
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => () => menu.dispose(), [menu]);
  if (items.length === 0) {
    return null;
  }
  const label = trans.__('More actions');
  const open = () => {
    setOpen(true);
    menu.show(items, context, button.current!, () => {
      setOpen(false);
      button.current?.focus();
    });
  };
  return (
    <button
      ref={button}
      type="button"
      className="jp-ai-icon-button"
      data-item="more"
      title={label}
      aria-label={label}
      aria-haspopup="menu"
      aria-expanded={isOpen}
      onClick={open}
    >
      <ellipsesIcon.react tag="span" />
    </button>
  );
}

/** A menu of toolbar items. */
class ItemMenu {
  show(
    items: readonly IToolbarItem[],
    context: IToolbarContext,
    anchor: HTMLElement,
    closed: () => void
  ): void {
    this.dispose();
    const commands = new CommandRegistry();
    const menu = new Menu({ commands });
    menu.addClass('jp-ai-menu');
    for (const item of items) {
      commands.addCommand(item.id, {
        label: item.label,
        icon: item.icon.bindprops({ stylesheet: 'menuItem' }),
        isEnabled: () => ask(item, context, 'isEnabled'),
        execute: () => execute(item, context),
        describedBy: { args: null }
      });
      menu.addItem({ command: item.id });
    }
    menu.aboutToClose.connect(closed);
    const { right, bottom } = anchor.getBoundingClientRect();
    menu.open(right, bottom, { horizontalAlignment: 'right' });
    menu.activeIndex = 0;
    this._menu = menu;
  }

  dispose(): void {
    this._menu?.dispose();
    this._menu = null;
  }

  private _menu: Menu | null = null;
}
