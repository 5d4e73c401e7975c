/** The WebSocket of completions: made when it is first needed, and again after a cut. */

import { IDisposable } from '@lumino/disposable';

import type { ClientFrame, ServerFrame } from './wire';

const FIRST_PAUSE = 1000; // ms until the next try; each further one waits twice as long
const LONGEST_PAUSE = 30_000;

export interface IConnectionOptions {
  connect(): WebSocket;
  receive(frame: ServerFrame): void;
  /** It is there, or not any more, or could not be made. */
  changed(): void;
  /** Call back after some milliseconds; what is returned calls it off. */
  later(milliseconds: number, callback: () => void): () => void;
}

export class Connection implements IDisposable {
  constructor(private readonly _options: IConnectionOptions) {}

  get isOpen(): boolean {
    return this._isOpen;
  }

  /** Whether it was cut or could not be made, and is not back yet. */
  get isLost(): boolean {
    return this._isLost;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Have it there soon; false if the last try failed just now. */
  open(): boolean {
    if (this._isDisposed || this._callOff !== null) {
      return false;
    }
    this._socket ??= this._connect();
    return true;
  }

  /** Have it there soon, however lately the last try failed. */
  retry(): void {
    this._callOff?.();
    this._callOff = null;
    this.open();
  }

  /** Have the next try soon: somebody waits for it. */
  hurry(): void {
    if (this._callOff !== null && !this._isHurried) {
      this._isHurried = true;
      this._callOff();
      this._tryAfter(FIRST_PAUSE);
    }
  }

  /** Send a frame; false if there is no connection. */
  send(frame: ClientFrame): boolean {
    if (this._socket === null || !this._isOpen) {
      return false;
    }
    this._socket.send(JSON.stringify(frame));
    return true;
  }

  dispose(): void {
    this._isDisposed = true;
    this._isOpen = false;
    this._callOff?.();
    const socket = this._socket;
    this._socket = null;
    socket?.close();
  }

  private _connect(): WebSocket {
    const socket = this._options.connect();
    const isOurs = () => socket === this._socket;
    socket.onopen = () => isOurs() && this._onOpen();
    socket.onclose = () => isOurs() && this._onClose();
    socket.onmessage = event =>
      isOurs() && this._options.receive(JSON.parse(String(event.data)) as ServerFrame);
    return socket;
  }

  private _onOpen(): void {
    this._isOpen = true;
    this._wasOpen = true;
    this._isLost = false;
    this._pause = FIRST_PAUSE;
    this._options.changed();
  }

  private _onClose(): void {
    this._socket = null;
    this._isOpen = false;
    this._isLost = true;
    this._isHurried = false;
    this._tryAfter(this._pause);
    this._pause = Math.min(LONGEST_PAUSE, this._pause * 2);
    this._options.changed();
  }

  private _tryAfter(pause: number): void {
    // Not all pages of a server that comes back at the same moment.
    this._callOff = this._options.later(pause * (0.5 + Math.random()), () => {
      this._callOff = null;
      // A server that never had the route is asked again only when somebody types.
      if (this._wasOpen) {
        this.open();
      }
    });
  }

  private _socket: WebSocket | null = null;
  private _isOpen = false;
  private _wasOpen = false;
  private _isLost = false;
  private _isDisposed = false;
  private _pause = FIRST_PAUSE;
  private _isHurried = false;
  private _callOff: (() => void) | null = null;
}
