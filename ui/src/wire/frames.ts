/** Frames of the chat's WebSocket; the wire contract tells what each means. */

import { Attachment, IPersona, Selection } from 'jupyter-ai-tokens';

export interface HumanFrame {
  type: 'human';
  id: string;
  time: number;
  body: string;
  prompt: string;
  selection: Selection | null;
  attachments?: Attachment[];
  notebook?: string | null;
  client: { id: string; username: string; display_name?: string; name?: string };
  seq?: number;
}

export interface AgentFrame {
  type: 'agent' | 'agent-stream';
  id: string;
  time: number;
  body: string;
  reply_to: string;
  persona: IPersona;
  metadata: Record<string, unknown>;
  /** Of an `agent-stream`. */
  complete?: boolean;
  seq?: number;
}

export interface ChunkFrame {
  type: 'agent-stream-chunk';
  id: string;
  content: string;
  stream_complete: boolean;
  metadata: Record<string, unknown>;
  /** How many code points of the stream were sent before. */
  offset?: number;
  seq?: number;
}

export interface PendingFrame {
  type: 'pending';
  id: string;
  time: number;
  body: string;
  reply_to: string;
  persona: IPersona;
  ellipsis: boolean;
  closed: boolean;
  seq?: number;
}

export interface ClosePendingFrame {
  type: 'close-pending';
  id: string;
  seq?: number;
}

export interface ClearFrame {
  type: 'clear';
  targets: string[] | null;
  seq?: number;
}

export interface ConnectionFrame {
  type: 'connection';
  client_id: string;
  /** Null if all that was missed since `?since=` follows. */
  history: { messages: (HumanFrame | AgentFrame)[]; pending_messages: PendingFrame[] } | null;
  epoch: string;
  seq: number;
}

export interface ErrorFrame {
  type: 'error';
  reason: string;
  code: string;
}

/** Who answers what is addressed to nobody; "" is the default. Sent to those who asked for it. */
export interface PersonaFrame {
  type: 'persona';
  name: string;
}

export type ChatFrame =
  HumanFrame | AgentFrame | ChunkFrame | PendingFrame | ClosePendingFrame | ClearFrame;

export type ServerFrame = ChatFrame | ConnectionFrame | ErrorFrame | PersonaFrame;

/** A prompt and what goes with it. */
export interface RequestFrame {
  prompt: string;
  selection?: Selection;
  attachments?: readonly Attachment[];
  notebook?: string;
}

export type ClientFrame =
  RequestFrame | { type: 'stop'; target?: string } | { type: 'clear'; target?: string };
