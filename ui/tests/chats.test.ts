import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Signal } from '@lumino/signaling';

import type { ChatSession } from '../src/chat/session';
import { Chats, ILoss } from '../src/panel/chats';
import type { ChatDescription } from '../src/wire/api';

function chat(id: string, more: Partial<ChatDescription> = {}): ChatDescription {
  return { id, title: id, owner: '', shared: false, is_default: false, created: 1, ...more };
}

/** A server with its chats in memory. */
class Server {
  items: ChatDescription[] = [chat('home', { is_default: true })];
  isDown = false;

  async chats(): Promise<ChatDescription[]> {
    if (this.isDown) {
      throw new Error('no answer');
    }
    return [...this.items];
  }

  async createChat(): Promise<ChatDescription> {
    const made = chat(`new${this.items.length}`, { title: '' });
    this.items.push(made);
    return made;
  }

  async renameChat(id: string, title: string): Promise<ChatDescription> {
    this.items = this.items.map(item => (item.id === id ? { ...item, title } : item));
    return this.items.find(item => item.id === id)!;
  }

  async deleteChat(id: string): Promise<null> {
    if (!this.items.some(item => item.id === id)) {
      throw Object.assign(new Error('not found'), { status: 404 });
    }
    this.items = this.items.filter(item => item.id !== id);
    return null;
  }
}

/** A session without a connection. */
class Session {
  constructor(
    readonly id: string,
    public title: string
  ) {}

  busy = false;
  unread = false;
  state = 'connected';
  reason: number | null = null;
  messages: { type: string }[] = [];
  isDisposed = false;
  reconnects = 0;
  readonly changed = new Signal<this, void>(this);
  readonly messagesChanged = new Signal<this, void>(this);

  reconnect(): void {
    this.reconnects++;
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

function setUp(explain: () => Promise<string | null> = async () => null) {
  const server = new Server();
  const stored = new Map<string, string>();
  const sessions: Session[] = [];
  const pauses: number[] = [];
  const losses: ILoss[] = [];
  const chats = new Chats({
    api: server,
    username: 'ada',
    storage: {
      getItem: key => stored.get(key) ?? null,
      setItem: (key, value) => void stored.set(key, value)
    },
    open: ({ id, title }) => {
      sessions.push(new Session(id, title));
      return sessions.at(-1)! as unknown as ChatSession;
    },
    explain,
    wait: async pause => {
      pauses.push(pause);
      server.isDown = pauses.length < 3;
    }
  });
  chats.lost.connect((_, loss) => losses.push(loss));
  return { server, stored, sessions, pauses, losses, chats };
}

describe('the list', () => {
  it('begins with the default chat', async () => {
    const { chats, server } = setUp();
    server.items.unshift(chat('other'));

    await chats.load();

    assert.equal(chats.current?.id, 'home');
  });

  it("does not begin with another person's default chat", async () => {
    const { chats, server } = setUp();
    server.items = [
      chat('theirs', { is_default: true, shared: true, owner: 'bob' }),
      chat('mine', { is_default: true, owner: 'ada' })
    ];

    await chats.load();

    assert.equal(chats.current?.id, 'mine');
  });

  it('is asked for until the server answers', async () => {
    const { chats, server, pauses } = setUp();
    server.isDown = true;

    await chats.load();

    assert.deepEqual([chats.isLoaded, pauses], [true, [500, 1000, 2000]]);
  });

  it('is not asked for again where that would not help', async () => {
    const { chats, server, pauses } = setUp(async () => 'Install it');
    server.isDown = true;

    await chats.load();

    assert.deepEqual([chats.isLoaded, chats.problem, pauses], [false, 'Install it', []]);
  });

  it('stays when the server does not answer', async () => {
    const { chats, server } = setUp();
    await chats.load();
    server.isDown = true;

    await chats.refresh();

    assert.equal(chats.items.length, 1);
  });

  it('remembers which chat was shown', async () => {
    const { chats, server, stored } = setUp();
    server.items.push(chat('whales'));
    stored.set('jupyter-ai:current', 'whales');

    await chats.load();

    assert.equal(chats.current?.id, 'whales');
  });

  it('drops an answer that is older than an action', async () => {
    const { chats, server } = setUp();
    await chats.load();
    const old = [...server.items];
    let answer: (items: ChatDescription[]) => void = () => undefined;
    server.chats = () => new Promise(resolve => (answer = resolve));
    const refreshed = chats.refresh();
    const answerOld = answer;

    const made = await chats.create();
    answerOld(old);
    await refreshed;

    assert.equal(chats.current?.id, made.id);
  });
});

describe('an action', () => {
  it('shows a new chat', async () => {
    const { chats } = setUp();
    await chats.load();

    const made = await chats.create();

    assert.equal(chats.current?.id, made.id);
  });

  it('renames the chat and its session', async () => {
    const { chats, sessions } = setUp();
    await chats.load();
    chats.hold('home');

    await chats.rename('home', 'Whales');

    assert.deepEqual([chats.current?.title, sessions[0].title], ['Whales', 'Whales']);
  });

  it('deletes the current chat and goes to the default one, as one of mine', async () => {
    const { chats, losses } = setUp();
    await chats.load();
    const made = await chats.create();

    await chats.remove(made.id);

    assert.equal(chats.current?.id, 'home');
    assert.deepEqual(
      losses.map(loss => [loss.chat.id, loss.isMine]),
      [[made.id, true]]
    );
  });

  it('deletes a chat that somebody has deleted already', async () => {
    const { chats, server } = setUp();
    await chats.load();
    const made = await chats.create();
    server.items = server.items.filter(item => item.id !== made.id);

    await chats.remove(made.id);

    assert.equal(chats.find(made.id), undefined);
  });
});

describe('a chat that is gone', () => {
  for (const code of [4404, 4403]) {
    it(`is told with its close code ${code}, once`, async () => {
      const { chats, server, sessions, losses } = setUp();
      await chats.load();
      const made = await chats.create();
      chats.hold(made.id);
      server.items = server.items.filter(item => item.id !== made.id);

      sessions[0].reason = code;
      sessions[0].changed.emit();
      await chats.refresh();

      assert.deepEqual(
        losses.map(loss => [loss.code, loss.isMine]),
        [[code, false]]
      );
      assert.equal(chats.current?.id, 'home');
    });
  }

  it('is told when the list lacks it', async () => {
    const { chats, server, losses } = setUp();
    await chats.load();
    const made = await chats.create();
    server.items = server.items.filter(item => item.id !== made.id);

    await chats.refresh();

    assert.deepEqual(
      losses.map(loss => loss.code),
      [null]
    );
  });

  it('is not told if nobody looked at it', async () => {
    const { chats, server, losses } = setUp();
    server.items.push(chat('other'));
    await chats.load();
    server.items.pop();

    await chats.refresh();

    assert.deepEqual(losses, []);
  });

  it('keeps its session as long as somebody shows it', async () => {
    const { chats, server, sessions } = setUp();
    await chats.load();
    const made = await chats.create();
    const hold = chats.hold(made.id);
    server.items = server.items.filter(item => item.id !== made.id);

    await chats.refresh();
    const before = sessions[0].isDisposed;
    hold.dispose();

    assert.deepEqual([before, sessions[0].isDisposed], [false, true]);
  });
});

describe('sessions', () => {
  const ids = Array.from({ length: 12 }, (_, index) => `c${index}`);

  it('are shared', async () => {
    const { chats } = setUp();
    await chats.load();

    assert.equal(chats.hold('home').session, chats.hold('home').session);
  });

  it('stay open when nobody shows them', async () => {
    const { chats, sessions } = setUp();
    await chats.load();

    chats.hold('home').dispose();

    assert.equal(sessions[0].isDisposed, false);
  });

  it('are no more than eight; the least recently used goes', async () => {
    const { chats, server } = setUp();
    server.items.push(...ids.map(id => chat(id)));
    await chats.load();

    for (const id of ids.slice(0, 8)) {
      chats.hold(id).dispose();
    }
    chats.hold('c0').dispose();
    chats.hold('c8').dispose();

    assert.deepEqual(chats.open, ['c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c0', 'c8']);
  });

  it('stay that are busy or shown', async () => {
    const { chats, server, sessions } = setUp();
    server.items.push(...ids.map(id => chat(id)));
    await chats.load();
    chats.hold('c0');
    chats.hold('c1').dispose();
    sessions[1].busy = true;

    for (const id of ids.slice(2)) {
      chats.hold(id).dispose();
    }

    assert.deepEqual(chats.open.slice(0, 2), ['c0', 'c1']);
    assert.equal(chats.open.length, 8);
  });

  it('that were refused try again when they are shown again', async () => {
    const { chats, sessions } = setUp();
    await chats.load();
    chats.hold('home').dispose();
    sessions[0].state = 'refused';

    chats.hold('home');

    assert.equal(sessions[0].reconnects, 1);
  });

  it('name their chat by its first prompt', async () => {
    const { chats, server, sessions } = setUp();
    await chats.load();
    const made = await chats.create();
    chats.hold(made.id);
    server.items = server.items.map(item => ({ ...item, title: item.title || 'Why?' }));

    sessions[0].messages = [{ type: 'human' }];
    sessions[0].messagesChanged.emit();
    await chats.refresh();

    assert.deepEqual([chats.current?.title, sessions[0].title], ['Why?', 'Why?']);
  });
});

describe('unread', () => {
  it('is not what was there at the first look', async () => {
    const { chats, server } = setUp();
    server.items.push(chat('old', { updated: 5 }));

    await chats.load();

    assert.equal(chats.hasUnread, false);
  });

  it('is what came later', async () => {
    const { chats, server } = setUp();
    server.items.push(chat('old', { updated: 5 }));
    await chats.load();
    server.items[1] = chat('old', { updated: 6 });

    await chats.refresh();

    assert.equal(chats.isUnread(chats.items[1]), true);
  });

  it('is no chat in which nobody has asked anything', async () => {
    const { chats, server } = setUp();
    await chats.load();
    server.items.push(chat('', { id: 'unnamed', created: 5, updated: 9 }));
    server.items.push(chat('named', { created: 5, updated: 5.1 }));

    await chats.refresh();

    assert.equal(chats.hasUnread, false);
  });

  it('is not what was read here', async () => {
    const { chats, server, stored } = setUp();
    server.items.push(chat('old', { updated: 6 }));
    stored.set('jupyter-ai:read', '1');
    stored.set('jupyter-ai:read:old', '6');

    await chats.load();

    assert.equal(chats.hasUnread, false);
  });

  it('is what an open session says', async () => {
    const { chats, sessions } = setUp();
    await chats.load();
    chats.hold('home');
    let changes = 0;
    chats.changed.connect(() => changes++);

    sessions[0].unread = true;
    sessions[0].changed.emit();
    sessions[0].changed.emit();

    assert.deepEqual([chats.hasUnread, changes], [true, 1]);
  });

  it('is nothing on a server that does not tell when messages came', async () => {
    const { chats } = setUp();

    await chats.load();

    assert.equal(chats.hasUnread, false);
  });
});
