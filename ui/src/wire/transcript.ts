/** What was said in a chat, put together from the frames of its WebSocket. Knows nothing of sockets and pages. */

import { IChatMessage } from 'jupyter-ai-tokens';

import {
  AgentFrame,
  ChatFrame,
  ChunkFrame,
  ConnectionFrame,
  HumanFrame,
  PendingFrame
} from './frames';

/** What a frame changed: messages by id, which of them are new, and whether the pending ones changed. */
export interface Change {
  readonly added: readonly string[];
  readonly updated: readonly string[];
  readonly removed: readonly string[];
  readonly pending: boolean;
}

const NOTHING: Change = { added: [], updated: [], removed: [], pending: false };

export class Transcript {
  /** The server's run and the number of the last frame of it, to come back to; "" and 0 before the first. */
  epoch = '';
  seq = 0;

  /** In the order of the chat. */
  get messages(): readonly IChatMessage[] {
    return (this._listed ??= [...this._messages.values()]);
  }

  get pending(): PendingFrame[] {
    return [...this._pending.values()];
  }

  find(id: string): IChatMessage | undefined {
    return this._messages.get(id);
  }

  /** Whether a reply to this message is awaited or being written. */
  isOpen(humanId: string): boolean {
    let answered = false;
    for (const message of this._messages.values()) {
      if (message.type === 'agent' && message.replyTo === humanId) {
        if (!message.complete) {
          return true;
        }
        answered = true;
      }
    }
    return !answered || this.pending.some(pending => pending.reply_to === humanId);
  }

  /** Take the first frame of a connection: with a history it begins anew, without it goes on. */
  connect(frame: ConnectionFrame): Change {
    if (frame.history === null) {
      return NOTHING;
    }
    const before = this._messages;
    const next = frame.history.messages.map(found);
    this.epoch = frame.epoch;
    this.seq = frame.seq;
    this._listed = null;
    this._messages = new Map(next.map(message => [message.id, message]));
    this._pending = new Map(frame.history.pending_messages.map(pending => [pending.id, pending]));
    this._lengths.clear();
    return {
      added: next.filter(message => !before.has(message.id)).map(message => message.id),
      updated: next.filter(message => before.has(message.id)).map(message => message.id),
      removed: [...before.keys()].filter(id => !this._messages.has(id)),
      pending: true
    };
  }

  /** Take any other frame of the chat; what was seen already changes nothing. */
  take(frame: ChatFrame): Change {
    if (frame.seq !== undefined) {
      if (frame.seq <= this.seq) {
        return NOTHING;
      }
      this.seq = frame.seq;
    }
    const change = this._change(frame);
    this._listed = null;
    return change;
  }

  private _change(frame: ChatFrame): Change {
    switch (frame.type) {
      case 'human':
      case 'agent':
      case 'agent-stream':
        return this._put(found(frame));
      case 'agent-stream-chunk':
        return this._append(frame);
      case 'pending':
        this._pending.set(frame.id, frame);
        return { ...NOTHING, pending: true };
      case 'close-pending':
        return { ...NOTHING, pending: this._pending.delete(frame.id) };
      case 'clear':
        return this._clear(frame.targets);
      default:
        return NOTHING;
    }
  }

  private _put(message: IChatMessage): Change {
    const known = this._messages.has(message.id);
    this._messages.set(message.id, message);
    this._lengths.delete(message.id);
    return known ? { ...NOTHING, updated: [message.id] } : { ...NOTHING, added: [message.id] };
  }

  private _append(chunk: ChunkFrame): Change {
    const message = this._messages.get(chunk.id);
    if (message === undefined || message.complete) {
      return NOTHING;
    }
    const length = this._lengths.get(chunk.id) ?? codePoints(message.body);
    const seen = chunk.offset === undefined ? 0 : Math.max(0, length - chunk.offset);
    const content = seen === 0 ? chunk.content : [...chunk.content].slice(seen).join('');
    this._lengths.set(chunk.id, length + codePoints(content));
    this._messages.set(chunk.id, {
      ...message,
      body: message.body + content,
      complete: chunk.stream_complete,
      metadata: chunk.stream_complete
        ? { ...message.metadata, ...chunk.metadata }
        : message.metadata
    });
    if (chunk.stream_complete) {
      this._lengths.delete(chunk.id);
    }
    return { ...NOTHING, updated: [chunk.id] };
  }

  private _clear(targets: string[] | null): Change {
    const gone = (id: string, replyTo: string): boolean =>
      targets === null || targets.includes(id) || targets.includes(replyTo);
    const removed = this.messages.filter(m => gone(m.id, m.replyTo)).map(m => m.id);
    for (const id of removed) {
      this._messages.delete(id);
      this._lengths.delete(id);
    }
    for (const pending of this.pending.filter(pending => gone(pending.id, pending.reply_to))) {
      this._pending.delete(pending.id);
    }
    return { added: [], updated: [], removed, pending: true };
  }

  private _messages = new Map<string, IChatMessage>();
  /** The same as a list, once somebody has asked for it. */
  private _listed: readonly IChatMessage[] | null = null;
  private _pending = new Map<string, PendingFrame>();
  /** Code points of the streams that are being written. */
  private _lengths = new Map<string, number>();
}

function found(frame: HumanFrame | AgentFrame): IChatMessage {
  if (frame.type === 'human') {
    return {
      id: frame.id,
      type: 'human',
      body: frame.body,
      time: frame.time,
      complete: true,
      replyTo: '',
      prompt: frame.prompt,
      selection: frame.selection,
      attachments: frame.attachments ?? [],
      notebook: frame.notebook ?? null,
      sender: frame.client.display_name || frame.client.name || frame.client.username,
      metadata: { username: frame.client.username }
    };
  }
  return {
    id: frame.id,
    type: 'agent',
    body: frame.body,
    time: frame.time,
    complete: frame.type === 'agent' || frame.complete === true,
    replyTo: frame.reply_to,
    streamed: frame.type === 'agent-stream',
    persona: frame.persona,
    metadata: frame.metadata ?? {}
  };
}

function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // The second half of a pair was counted with the first.
    if (unit < 0xdc00 || unit > 0xdfff) {
      count++;
    }
  }
  return count;
}
