/** Who answers what is addressed to nobody, beside the buttons of the input; a menu lets others answer. */

import { TranslationBundle } from '@jupyterlab/translation';
import { MenuSvg } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';
import React, { useEffect } from 'react';

import { avatarUrl } from '../chat/avatar';
import { useSignal } from '../chat/hooks';
import { IChatServices } from '../chat/services';
import { ChatSession } from '../chat/session';
import { PersonaList } from './persona_list';

const CHOOSE = 'choose';
const GAP = '\0';

export interface IAddresseeProps {
  readonly session: ChatSession;
  readonly services: IChatServices;
  readonly trans: TranslationBundle;
}

/** Nothing where there is but one to answer. */
export function Addressee({ session, services, trans }: IAddresseeProps): JSX.Element | null {
  const list = PersonaList.of(services.api, session.id);
  useSignal(list.changed);
  useSignal(session.changed);
  const { persona } = session;
  useEffect(() => void list.read(), [list, persona]);
  if (persona === null || list.items.length < 2) {
    return null;
  }
  const avatar = avatarUrl(services.baseUrl, list.find(persona)?.avatar_route ?? '', session.id);
  return (
    <button
      type="button"
      className="jp-ai-addressee"
      aria-haspopup="menu"
      title={trans.__('Who answers what is addressed to nobody')}
      onClick={event => void openMenu(event.currentTarget, { session, services, trans })}
    >
      {avatar !== undefined && <img src={avatar} alt="" />}
      {persona === '' ? (
        <span>{trans.__('to anybody')}</span>
      ) : (
        <span>{aboutName(trans.__('to %1', GAP), persona)}</span>
      )}
    </button>
  );
}

/** Words with a name in the gap; letters of it that are read from the right leave the words where they are. */
function aboutName(words: string, name: string): JSX.Element {
  const [before, after] = words.split(GAP);
  return (
    <>
      {before}
      <bdi>{name}</bdi>
      {after}
    </>
  );
}

async function openMenu(node: HTMLElement, props: IAddresseeProps): Promise<void> {
  const { session, services, trans } = props;
  const list = PersonaList.of(services.api, session.id);
  await list.read();
  const commands = new CommandRegistry();
  commands.addCommand(CHOOSE, {
    label: ({ name }) => (name as string) || trans.__('Nobody in particular'),
    isToggled: ({ name }) => name === session.persona,
    describedBy: { args: { type: 'object', properties: { name: { type: 'string' } } } },
    execute: ({ name }) => choose(name as string, props)
  });
  const menu = new MenuSvg({ commands }); // it marks what is chosen
  menu.contentNode.setAttribute('aria-label', trans.__('Who answers'));
  for (const name of ['', ...list.items.map(persona => persona.name)]) {
    menu.addItem({ command: CHOOSE, args: { name } });
  }
  menu.aboutToClose.connect(() => session.focus());
  const { left, top } = node.getBoundingClientRect();
  menu.open(left, top);
  menu.activateNextItem();
}

async function choose(name: string, { session, services }: IAddresseeProps): Promise<void> {
  try {
    await services.api.choosePersona(session.id, name);
  } catch (error) {
    session.notice = (error as Error).message;
  }
}
