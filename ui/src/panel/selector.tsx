/** Chooses one of the chats. */

import { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useId, useRef, useState } from 'react';

import { useSignal } from '../chat/hooks';
import type { ChatDescription } from '../wire/api';
import { Chats } from './chats';
import { describe, sharing, titleOf } from './names';

export interface ISelectorProps {
  readonly chats: Chats;
  readonly trans: TranslationBundle;
}

/** A button that opens a list; the focus stays on the button, as that of a select element would. */
export function Selector({ chats, trans }: ISelectorProps): JSX.Element | null {
  useSignal(chats.changed);
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  // By id: the list may change while it is open.
  const [active, setActive] = useState<string | null>(null);
  useEffect(() => {
    const option = list.current?.querySelector('.jp-mod-active');
    option?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const isOpen = active !== null;
  // Not when the focus goes: a chat that was just chosen takes it as soon as it is drawn.
  useEffect(() => {
    const onPointer = (event: PointerEvent) => {
      if (!(event.target instanceof Node && list.current?.parentElement?.contains(event.target))) {
        setActive(null);
      }
    };
    if (isOpen) {
      document.addEventListener('pointerdown', onPointer, true);
    }
    return () => document.removeEventListener('pointerdown', onPointer, true);
  }, [isOpen]);
  const { current, items } = chats;
  if (current === null) {
    return null;
  }
  const at = items.findIndex(chat => chat.id === active);
  const open = () => {
    setActive(current.id);
    void chats.refresh();
  };
  const choose = (chatId: string | null) => {
    setActive(null);
    if (chatId !== null && chats.find(chatId)) {
      chats.select(chatId);
    }
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const target = isOpen ? moveTo(event, items, at, trans) : null;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (!isOpen) {
      if (!['ArrowDown', 'ArrowUp', 'Enter', ' '].includes(event.key)) {
        return;
      }
      open();
    } else if (event.key === 'Escape') {
      setActive(null);
    } else if (event.key === 'Tab') {
      setActive(null);
      return;
    } else if (event.key === 'Enter' || event.key === ' ') {
      choose(active);
    } else if (target !== null) {
      setActive(items[target].id);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const title = titleOf(current, trans);
  const isOtherUnread = items.some(chat => chat !== current && chats.isUnread(chat));
  return (
    <div className="jp-ai-selector">
      <button
        type="button"
        role="combobox"
        className="jp-ai-selector-button"
        title={title}
        aria-label={
          isOtherUnread
            ? trans.__('Choose a chat (others have unread answers)')
            : trans.__('Choose a chat')
        }
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        aria-controls={`${id}list`}
        aria-activedescendant={at >= 0 ? `${id}${at}` : undefined}
        onClick={() => (isOpen ? setActive(null) : open())}
        onKeyDown={onKeyDown}
      >
        <Dot isShown={isOtherUnread} />
        <span className="jp-ai-selector-title">{title}</span>
        <caretDownIcon.react tag="span" />
      </button>
      <ul
        ref={list}
        id={`${id}list`}
        className="jp-ai-selector-list"
        role="listbox"
        aria-label={trans.__('Chats')}
        hidden={!isOpen}
        onMouseDown={event => event.preventDefault()}
      >
        {isOpen &&
          items.map((chat, index) => (
            <Option
              key={chat.id}
              id={`${id}${index}`}
              chat={chat}
              chats={chats}
              trans={trans}
              isActive={index === at}
              choose={() => choose(chat.id)}
            />
          ))}
      </ul>
    </div>
  );
}

interface IOptionProps extends ISelectorProps {
  readonly id: string;
  readonly chat: ChatDescription;
  readonly isActive: boolean;
  choose(): void;
}

function Option({ id, chat, chats, trans, isActive, choose }: IOptionProps): JSX.Element {
  const isUnread = chats.isUnread(chat);
  const isMine = chats.isMine(chat);
  const shared = sharing(chat, isMine, trans);
  return (
    <li
      id={id}
      role="option"
      className={`jp-ai-selector-option${isActive ? ' jp-mod-active' : ''}`}
      data-chat={chat.id}
      aria-label={describe(chat, { isUnread, isMine }, trans)}
      aria-selected={chat === chats.current}
      onClick={choose}
    >
      <Dot isShown={isUnread} />
      <span className="jp-ai-selector-title">{titleOf(chat, trans)}</span>
      {shared !== null && <span className="jp-ai-selector-owner">{shared}</span>}
    </li>
  );
}

function Dot({ isShown }: { isShown: boolean }): JSX.Element {
  return <span className={isShown ? 'jp-ai-dot' : 'jp-ai-dot jp-mod-hidden'} aria-hidden="true" />;
}

/** Which option a key goes to; null if none. */
function moveTo(
  event: React.KeyboardEvent,
  items: readonly ChatDescription[],
  at: number,
  trans: TranslationBundle
): number | null {
  const last = items.length - 1;
  switch (event.key) {
    case 'ArrowDown':
      return Math.min(last, at + 1);
    case 'ArrowUp':
      return Math.max(0, at - 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
  }
  if (event.key.length !== 1 || event.key === ' ') {
    return null;
  }
  const letter = event.key.toLocaleLowerCase();
  const order = [...items.keys()].map(index => (at + 1 + index) % items.length);
  const isHit = (index: number) =>
    titleOf(items[index], trans).toLocaleLowerCase().startsWith(letter);
  return order.find(isHit) ?? null;
}
