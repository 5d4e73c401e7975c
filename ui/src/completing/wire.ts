/** What goes over the WebSocket of completions, and what their routes answer. */

/** A cursor in a document; see `InlineCompletionRequest` of the server. */
export interface Question {
  readonly prefix: string;
  readonly suffix: string;
  readonly mime: string;
  readonly language: string;
  readonly path?: string;
  readonly cell_id?: string;
  readonly trigger: 'automatic' | 'explicit';
}

/** One suggestion. */
export interface Item {
  insertText: string;
  filterText?: string | null;
  /** Whether more of it comes, in chunks that bear its `token`. */
  isIncomplete?: boolean | null;
  token?: string | null;
  id?: string | null;
}

export interface Failure {
  type: string;
  title: string;
}

export interface Reply {
  type?: undefined;
  list: { items: Item[] };
  reply_to: number;
  error?: Failure | null;
}

/** The whole of a suggestion so far. */
export interface Chunk {
  type: 'stream';
  response: Item;
  reply_to: number;
  done: boolean;
  error?: Failure | null;
}

/** Which model completes, and why none does or why it fails. */
export interface Status {
  enabled: boolean;
  model: string | null;
  mode: 'model' | 'auto' | 'none';
  /** Of the model, for people. */
  name: string;
  reason: string | null;
  /** Whether people cannot choose. */
  fixed: boolean;
  providers: readonly ProviderStatus[];
}

export interface ProviderStatus {
  id: string;
  name: string;
  state: 'ready' | 'failed' | 'off';
  /** Why it is not ready. */
  reason?: string | null;
}

export interface StatusFrame extends Status {
  type: 'status';
}

/** A frame of ours could not be read. */
export interface ErrorFrame {
  type: 'error';
  reason: string;
}

export type ServerFrame = Reply | Chunk | StatusFrame | ErrorFrame;

export type EventName =
  'shown' | 'accepted' | 'accepted-partly' | 'rejected' | 'ignored' | 'edited';

/** What became of a suggestion: never its text. */
export interface ItemEvent {
  readonly event: EventName;
  readonly item: string;
  /** Its place among those that were offered. */
  readonly index?: number;
  readonly characters?: number;
  readonly edit_distance?: number;
}

export type ClientFrame =
  | (Question & { number: number; stream: true })
  | { type: 'cancel'; number: number }
  | ({ type: 'event' } & ItemEvent);

/** A model that may complete. */
export interface Model {
  id: string;
  name: string;
  description: string;
  vendor: string;
  family: string;
  available: boolean;
  /** Why it is not available. */
  reason: string | null;
}

export interface Models {
  models: Model[];
  /** "" is the default. */
  chosen: string;
  fixed: boolean;
}

/** The id under which the chosen model is among the providers. */
const MODEL = 'model';

/** What suggests beside the model. */
export function others({ providers }: Status): ProviderStatus[] {
  return providers.filter(({ id, state }) => id !== MODEL && state === 'ready');
}

/** What was to suggest and failed, by the names that people know. */
export function failed({ providers, name }: Status): ProviderStatus[] {
  return providers
    .filter(({ state }) => state === 'failed')
    .map(provider => (provider.id === MODEL && name ? { ...provider, name } : provider));
}

/** Whether the model is among those that failed. */
export function isModelFailed({ providers }: Status): boolean {
  return providers.some(({ id, state }) => id === MODEL && state === 'failed');
}
