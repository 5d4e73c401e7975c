/** The commands of the server, and completions of their names and arguments. */

import { ICompleter, ICompletion, ICompletionContext } from 'jupyter-ai-tokens';

import { CommandOption } from '../wire/api';

const LASTING = 30_000; // ms that a list counts

export interface ICommandSource {
  /** All commands, or with the beginning of one and a colon what may follow it. */
  options(partialCommand?: string): Promise<CommandOption[]>;
}

/** The list of all commands: known at once from the second time on, and read again now and then. */
export class CommandList {
  constructor(source: ICommandSource, clock: () => number = () => Date.now()) {
    this._source = source;
    this._clock = clock;
  }

  /** All commands; an old list is given while a new one is being read. */
  async all(): Promise<readonly CommandOption[]> {
    const isOld = this._readAt === null || this._clock() - this._readAt > LASTING;
    const reading = isOld ? this.refresh() : null;
    if (this._list === null && reading !== null) {
      await reading;
    }
    return this._list ?? [];
  }

  /** Read the list; one that cannot be read leaves the old one. */
  refresh(): Promise<void> {
    this._reading ??= this._read().finally(() => {
      this._reading = null;
    });
    return this._reading;
  }

  /** Forget the list: others are there now. */
  forget(): void {
    this._list = null;
    this._readAt = null;
    this._reading = null;
    this._generation++;
  }

  private async _read(): Promise<void> {
    const generation = this._generation;
    let list: CommandOption[];
    try {
      list = await this._source.options();
    } catch (error) {
      console.warn('The commands of the chat could not be read:', error);
      return;
    }
    if (generation === this._generation) {
      this._list = list;
      this._readAt = this._clock();
    }
  }

  private readonly _source: ICommandSource;
  private readonly _clock: () => number;
  private _list: readonly CommandOption[] | null = null;
  private _readAt: number | null = null;
  private _reading: Promise<void> | null = null;
  private _generation = 0;
}

/** The built-in completer. */
export class CommandCompleter implements ICompleter {
  constructor(source: ICommandSource, list: CommandList) {
    this._source = source;
    this._list = list;
  }

  readonly id = 'commands';

  async complete({ word, isStart }: ICompletionContext): Promise<ICompletion[]> {
    if (!/^[/@]/.test(word)) {
      return [];
    }
    const options = word.includes(':')
      ? await this._source.options(word)
      : (await this._list.all()).filter(option => option.label.startsWith(word));
    return options
      .filter(option => isStart || !option.only_start)
      .map(option => ({
        label: option.label.trimEnd(), // 2.x ends what is complete with a blank
        description: option.description,
        // An argument follows `@file:` at once, and the rest of a path its folder.
        isWhole: !/[:/]$/.test(option.label)
      }));
  }

  private readonly _source: ICommandSource;
  private readonly _list: CommandList;
}
