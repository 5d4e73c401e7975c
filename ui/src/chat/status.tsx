/** What is told between the messages and the input: the connection, what is worked on, what was refused. */

import { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useState } from 'react';

import { explainClose } from '../wire/explain';
import { useSignal } from './hooks';
import { ChatSession } from './session';

interface IProps {
  readonly session: ChatSession;
  readonly trans: TranslationBundle;
}

const PATIENCE = 1000; // ms that a first connection may take before it is told

/** The state of the connection, where there is anything to tell. */
export function ConnectionStatus({ session, trans }: IProps): JSX.Element {
  useSignal(session.changed);
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), PATIENCE);
    return () => window.clearTimeout(timer);
  }, []);
  const text = connectionText(session, trans);
  const isShown = text !== null && (session.state !== 'connecting' || isLate);
  return (
    <div role="status" className="jp-ai-connection" data-state={session.state}>
      {isShown && (
        <>
          <span>{text}</span>
          {session.state !== 'connecting' && (
            <button type="button" className="jp-ai-text-button" onClick={() => session.reconnect()}>
              {trans.__('Try again')}
            </button>
          )}
        </>
      )}
    </div>
  );
}

function connectionText(session: ChatSession, trans: TranslationBundle): string | null {
  switch (session.state) {
    case 'connected':
      return null;
    case 'connecting':
      return trans.__('Connecting…');
    case 'lost':
      return trans.__(
        'The connection was lost; trying to get it back. Nothing that was said is lost.'
      );
    case 'refused':
      return typeof session.reason === 'number'
        ? explainClose(session.reason, trans)
        : session.reason;
  }
}

/** What is being worked on, as the handlers name it. */
export function Pending({ session, trans }: IProps): JSX.Element {
  useSignal(session.changed);
  return (
    <div role="status" className="jp-ai-pending">
      {session.pending.map(({ id, persona, body, ellipsis }) => (
        <div key={id}>
          {trans.__('%1: %2', persona.name, body)}
          {ellipsis && '…'}
        </div>
      ))}
    </div>
  );
}

/** Why the server did not take the last frame. */
export function Notice({ session, trans }: IProps): JSX.Element {
  useSignal(session.changed);
  return (
    <div role="alert" className="jp-ai-notice">
      {session.notice !== null && (
        <>
          {/* A long one is scrolled, by the keyboard too. */}
          <span tabIndex={0}>{session.notice}</span>
          <button
            type="button"
            className="jp-ai-text-button"
            onClick={() => (session.notice = null)}
          >
            {trans.__('Dismiss')}
          </button>
        </>
      )}
    </div>
  );
}

/** That the next prompt takes the place of an earlier one. */
export function Editing({ session, trans }: IProps): JSX.Element | null {
  useSignal(session.changed);
  if (session.editing === null) {
    return null;
  }
  return (
    <div className="jp-ai-editing" role="status">
      <span>
        {trans.__('What you send takes the place of your earlier message and its answer.')}
      </span>
      <button type="button" className="jp-ai-text-button" onClick={() => session.cancelEdit()}>
        {trans.__('Cancel')}
      </button>
    </div>
  );
}

const SPOKEN = 2000; // characters of an answer that are read out

/** Reads replies out to those who do not see them, once they are whole. */
export function Announcer({ session, trans }: IProps): JSX.Element {
  const [text, setText] = useState('');
  useEffect(() => {
    const begun = new Set<string>();
    const onMessage = (_: ChatSession, message: { id: string; complete: boolean }) => {
      const reply = session.find(message.id);
      if (reply?.type === 'agent' && reply.complete && begun.delete(reply.id)) {
        setText(trans.__('%1 answers: %2', reply.persona?.name ?? '', reply.body.slice(0, SPOKEN)));
      }
    };
    const onMessages = (_: ChatSession, { added }: { added: readonly string[] }) => {
      // A history is not news.
      const news = added.length === 1 ? session.find(added[0]) : undefined;
      if (news?.type === 'agent') {
        begun.add(news.id);
        onMessage(session, news);
      }
    };
    session.messageChanged.connect(onMessage);
    session.messagesChanged.connect(onMessages);
    return () => {
      session.messageChanged.disconnect(onMessage);
      session.messagesChanged.disconnect(onMessages);
    };
  }, [session, trans]);
  return (
    <div aria-live="polite" className="jp-ai-spoken">
      {text}
    </div>
  );
}
