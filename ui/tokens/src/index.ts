/**
 * What other extensions of JupyterLab may add to the chat, replace in it or switch off.
 *
 * Each token stands for a registry. What is added under the id of something that is there already takes its place
 * until the disposable that `add` returned is disposed of; `disable` switches an id off in the same way.
 */

import { LabIcon } from '@jupyterlab/ui-components';
import { Token } from '@lumino/coreutils';
import { IDisposable } from '@lumino/disposable';
import { ISignal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

/** Things with an id, in the order of their ranks (100 if there is none; the least comes first). */
export interface IRegistry<T extends IRegistered> {
  /** Add something, or put it in the place of what has its id; disposing of the result takes it out again. */
  add(item: T): IDisposable;

  /** Switch an id off, whether it is there already or comes later; disposing of the result switches it on again. */
  disable(id: string): IDisposable;

  /** What is there and not switched off. */
  readonly items: readonly T[];

  /** Emitted after each change. */
  readonly changed: ISignal<IRegistry<T>, void>;
}

/** What a registry holds. */
export interface IRegistered {
  readonly id: string;
  readonly rank?: number;
}

/** What a person chose to send with a prompt; see "Selection" of the wire contract. */
export type Selection =
  | { type: 'text'; source: string }
  | { type: 'cell'; source: string }
  | {
      type: 'cell-with-error';
      source: string;
      error: { name: string; value: string; traceback: string[] };
    };

/** What is attached to a prompt: a file, or cells of a notebook; `value` is a path below the server's root. */
export type Attachment =
  | { type: 'file'; value: string; mimetype?: string }
  | {
      type: 'notebook';
      value: string;
      /** Without any, the whole notebook; `index` is the place of one, counted from 0, for a file that keeps no ids. */
      cells?: readonly { id: string; input_type: 'raw' | 'markdown' | 'code'; index?: number }[];
    };

/** Who answers. */
export interface IPersona {
  readonly name: string;
  /** A path below the server's base URL, or a URL. */
  readonly avatar_route: string;
}

/** A message as it is now; a new object takes its place when it changes. */
export interface IChatMessage {
  readonly id: string;
  readonly type: 'human' | 'agent';
  /** Markdown. Of a reply that is being streamed: what has come so far. */
  readonly body: string;
  /** Seconds since the epoch. */
  readonly time: number;
  /** Whether nothing more will come. */
  readonly complete: boolean;
  /** Of a reply: whether it came, or comes, piece by piece. */
  readonly streamed?: boolean;
  /** Of a reply: the id of the message that it answers, or "". */
  readonly replyTo: string;
  /** Of a reply: who answered. */
  readonly persona?: IPersona;
  /** Of a person's message: what was typed, without the selection. */
  readonly prompt?: string;
  readonly selection?: Selection | null;
  readonly attachments?: readonly Attachment[];
  /** Of a person's message: the path of the notebook that was open. */
  readonly notebook?: string | null;
  /** Of a person's message: the name to show. */
  readonly sender?: string;
  /** Of a reply: what the handler says of it; `context`, `error`, `interrupted` and `stopped` have a form of their own. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A chat that is open. */
export interface IChat {
  readonly id: string;
  readonly title: string;
  readonly messages: readonly IChatMessage[];
  /** Whether an answer is awaited or being written. */
  readonly busy: boolean;
  /** Emitted after each change of the above. */
  readonly changed: ISignal<IChat, void>;
  /** What is being typed. */
  draft: string;
  /** Put the cursor where one types. */
  focus(): void;
  /** Send a prompt; false if there is no connection. */
  send(prompt: string, selection?: Selection | null, attachments?: readonly Attachment[]): boolean;
  /** Stop what this person asked for, or the answer to one message. */
  stop(target?: string): void;
  /** Forget everything, or the exchange that began with message `target`. */
  clear(target?: string): void;
}

/** Shows the messages that it accepts. Built in: "markdown" (rank 1000, accepts all) and "error" (rank 900). */
export interface IMessageRenderer extends IRegistered {
  /** Whether to show this message; the first renderer by rank that says so does. Asked again when the message changes. */
  accepts(message: IChatMessage): boolean;
  /** Begin to show one. */
  create(message: IChatMessage, chat: IChat): IMessageView;
}

/** One message on the screen. */
export interface IMessageView extends IDisposable {
  readonly node: HTMLElement;
  /** The message has changed; called at most about ten times a second. */
  update(message: IChatMessage): void;
}

/** Where a toolbar item stands, and what it is about. */
export interface IToolbarContext {
  readonly chat: IChat;
  /** Of an item of a message. */
  readonly message?: IChatMessage;
}

/**
 * A button. Built in, of a message: "copy", "retry", "edit", "delete"; of the input: "attach", "include", "stop", "send";
 * of the panel: "new", "rename", "delete-chat", "clear", "export", "main-area", "settings".
 */
export interface IToolbarItem extends IRegistered {
  readonly place: 'message' | 'input' | 'panel';
  /** Its accessible name and tooltip, translated. */
  readonly label: string;
  readonly icon: LabIcon;
  /** Default: always. */
  isVisible?(context: IToolbarContext): boolean;
  /** Default: always. */
  isEnabled?(context: IToolbarContext): boolean;
  execute(context: IToolbarContext): void | Promise<void>;
}

/** What is being completed. */
export interface ICompletionContext {
  readonly chat: IChat;
  /** All that was typed. */
  readonly text: string;
  /** The word at the cursor, up to the white space around it; a space that is quoted or after a backslash belongs to it. */
  readonly word: string;
  /** Whether the word is the first. */
  readonly isStart: boolean;
}

/** One line of the menu. */
export interface ICompletion {
  /** What is shown, and takes the word's place unless `insert` says otherwise. */
  readonly label: string;
  readonly description?: string;
  readonly insert?: string;
  /** Whether the word is whole then: a space follows it and the menu closes. */
  readonly isWhole?: boolean;
}

/** Completes words of a prompt. Built in: "commands" (`/` and `@`, from the server). */
export interface ICompleter extends IRegistered {
  complete(context: ICompletionContext): Promise<ICompletion[]>;
}

/** Makes the panel of the right sidebar; the first by rank is used. Built in: "panel" (rank 100). */
export interface IChatPanelFactory extends IRegistered {
  create(): Widget;
}

export const IMessageRenderers = new Token<IMessageRenderers>(
  'jupyter-ai-tokens:IMessageRenderers',
  'How messages of the chat are shown.'
);
export type IMessageRenderers = IRegistry<IMessageRenderer>;

export const IToolbarItems = new Token<IToolbarItems>(
  'jupyter-ai-tokens:IToolbarItems',
  "Buttons of the chat's messages, of its input and of its panel."
);
export type IToolbarItems = IRegistry<IToolbarItem>;

export const ICompleters = new Token<ICompleters>(
  'jupyter-ai-tokens:ICompleters',
  'What completes the words of a prompt.'
);
export type ICompleters = IRegistry<ICompleter>;

export const IChatPanels = new Token<IChatPanels>(
  'jupyter-ai-tokens:IChatPanels',
  'What makes the panel of the chat.'
);
export type IChatPanels = IRegistry<IChatPanelFactory>;
