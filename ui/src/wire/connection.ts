/** The WebSocket of one chat: it comes back by itself, and goes on where it was cut. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { ClientFrame, ServerFrame } from './frames';

/**
 * - `connecting`: for the first time
 * - `connected`
 * - `lost`: cut, and being mended
 * - `refused`: the server does not want us to come back, or is not there at all at the first try; `reason` tells
 */
export type ConnectionState = 'connecting' | 'connected' | 'lost' | 'refused';

const FIRST_PAUSE = 500; // ms until the first new try; each further one waits twice as long
const LONGEST_PAUSE = 10_000;
const DELETED = 4404;
const NOT_SHARED = 4403;

export interface IConnectionOptions {
  readonly chatId: string;
  readonly settings: ServerConnection.ISettings;
  /** What to go on from: the query of the next connection. */
  position(): { epoch: string; seq: number };
  /** Take a frame. */
  receive(frame: ServerFrame): void;
  /** Asked when a connection could not be made: why not, or null if it is worth another try. */
  explain(): Promise<string | null>;
}

export class ChatConnection implements IDisposable {
  constructor(options: IConnectionOptions) {
    this._options = options;
    window.addEventListener('online', this._now);
    this._open();
  }

  get state(): ConnectionState {
    return this._state;
  }

  /** Why it is refused; null otherwise. A number is a WebSocket's close code. */
  get reason(): string | number | null {
    return this._reason;
  }

  get stateChanged(): ISignal<this, ConnectionState> {
    return this._stateChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Send a frame; false if there is no connection. */
  send(frame: ClientFrame): boolean {
    if (this._socket === null || this._state !== 'connected') {
      return false;
    }
    this._socket.send(JSON.stringify(frame));
    return true;
  }

  /** Try again now. */
  retry(): void {
    if (!this._isDisposed && this._state !== 'connected') {
      this._pause = FIRST_PAUSE;
      this._close();
      this._setState(this._wasConnected ? 'lost' : 'connecting');
      this._open();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.removeEventListener('online', this._now);
    this._close();
    Signal.clearData(this);
  }

  private _open(): void {
    const { settings, chatId } = this._options;
    const query: Record<string, string> = { personas: '1' };
    const { epoch, seq } = this._options.position();
    if (epoch) {
      query.epoch = epoch;
      query.since = String(seq);
    }
    if (settings.appendToken && settings.token) {
      query.token = settings.token;
    }
    const url = URLExt.join(settings.wsUrl, 'api/ai/chats', encodeURIComponent(chatId));
    const socket = new settings.WebSocket(url + URLExt.objectToQueryString(query));
    this._socket = socket;
    socket.onmessage = event => {
      if (socket === this._socket) {
        this._onMessage(event);
      }
    };
    socket.onclose = event => {
      if (socket === this._socket) {
        void this._onClose(event);
      }
    };
  }

  private _onMessage(event: MessageEvent): void {
    const frame = JSON.parse(String(event.data)) as ServerFrame;
    this._options.receive(frame);
    if (frame.type === 'connection') {
      this._pause = FIRST_PAUSE;
      this._wasConnected = true;
      this._setState('connected');
    }
  }

  private async _onClose(event: CloseEvent): Promise<void> {
    this._socket = null;
    if (event.code === DELETED || event.code === NOT_SHARED) {
      this._refuse(event.code);
      return;
    }
    if (this._state === 'connected') {
      this._setState('lost');
    }
    const reason = await this._options.explain();
    if (this._isDisposed || this._socket !== null) {
      return;
    }
    if (reason !== null) {
      this._refuse(reason);
      return;
    }
    // Not all clients of a server that comes back at the same moment.
    this._timer = window.setTimeout(() => this._open(), this._pause * (0.5 + Math.random()));
    this._pause = Math.min(LONGEST_PAUSE, this._pause * 2);
  }

  private _refuse(reason: string | number): void {
    this._reason = reason;
    this._setState('refused');
  }

  private _setState(state: ConnectionState): void {
    if (state !== 'refused') {
      this._reason = null;
    }
    if (state !== this._state) {
      this._state = state;
      this._stateChanged.emit(state);
    }
  }

  private _close(): void {
    window.clearTimeout(this._timer);
    const socket = this._socket;
    this._socket = null;
    if (socket !== null) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
  }

  private _now = (): void => {
    if (this._state === 'lost') {
      this.retry();
    }
  };

  private readonly _options: IConnectionOptions;
  private _socket: WebSocket | null = null;
  private _state: ConnectionState = 'connecting';
  private _reason: string | number | null = null;
  private _wasConnected = false;
  private _pause = FIRST_PAUSE;
  private _timer = 0;
  private _isDisposed = false;
  private _stateChanged = new Signal<this, ConnectionState>(this);
}
