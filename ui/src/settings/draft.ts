/** What was typed into the settings and is not saved yet; knows nothing of React and of the server. */

import { providerOf } from './choices';
import type {
  Config,
  Entered,
  FieldsSetting,
  KeySource,
  ModelKind,
  ModelSetting,
  Provider,
  ProviderField,
  Update
} from './wire';
import { HIDDEN, MODEL_KINDS } from './wire';

/** What was typed for a model, by the field's key; undefined: nothing after all. */
export type Typed = Readonly<Record<string, string | undefined>>;

/** Only what a person has touched; the rest is as it is saved. */
export interface Draft {
  readonly models: Readonly<Partial<Record<ModelSetting, string | null>>>;
  readonly fields: Readonly<Partial<Record<FieldsSetting, Record<string, Typed>>>>;
  readonly keys: Readonly<Record<string, string>>;
  readonly shiftEnter?: boolean;
  /** As it was typed; blank for the default. */
  readonly memory?: string;
}

/** The providers of language and completion models, and those of embedding models. */
export interface Providers {
  readonly language: readonly Provider[];
  readonly embeddings: readonly Provider[];
}

/** A key that a chosen model needs. */
export interface NeededKey {
  readonly name: string;
  readonly source: KeySource | null;
  /** The names of the providers that need it. */
  readonly users: readonly string[];
}

/** What is wrong, by the place: the name of a setting, with dots before what it holds. */
export type Problems = Readonly<Record<string, string>>;

/** What can be wrong before the server is asked. */
export type Mistake = 'json' | 'integer' | 'memory';

export const NOTHING: Draft = { models: {}, fields: {}, keys: {} };
export const MOST_MEMORY = 1000;

// What is shown

/** The model that is chosen, saved or not. */
export function modelOf(setting: ModelSetting, config: Config, draft: Draft): string | null {
  const typed = draft.models[setting];
  return typed === undefined ? config[setting] : typed;
}

export function providersOf(setting: ModelSetting, providers: Providers): readonly Provider[] {
  return setting === 'embeddings_provider_id' ? providers.embeddings : providers.language;
}

/** The provider of the model that is chosen, if it is known. */
export function chosenProvider(
  kind: ModelKind,
  config: Config,
  draft: Draft,
  providers: Providers
): Provider | undefined {
  const gid = modelOf(kind.setting, config, draft);
  return providerOf(gid, providersOf(kind.setting, providers));
}

/** What a field shows: "" for what is stored and not told. */
export function fieldText(
  kind: ModelKind,
  gid: string,
  key: string,
  config: Config,
  draft: Draft
): string {
  const typed = draft.fields[kind.fields]?.[gid]?.[key];
  return typed ?? (isKept(kind, gid, key, config) ? '' : storedText(kind, gid, key, config));
}

/** Whether a value is stored that is not told at all. */
export function isKept(kind: ModelKind, gid: string, key: string, config: Config): boolean {
  return storedText(kind, gid, key, config) === HIDDEN;
}

function storedText(kind: ModelKind, gid: string, key: string, config: Config): string {
  const stored = config[kind.fields][gid]?.[key];
  if (stored === undefined || stored === null) {
    return '';
  }
  return typeof stored === 'string' ? stored : JSON.stringify(stored);
}

/** The keys that the chosen models need, each once. */
export function neededKeys(config: Config, draft: Draft, providers: Providers): NeededKey[] {
  const users = new Map<string, string[]>();
  for (const kind of MODEL_KINDS) {
    const provider = chosenProvider(kind, config, draft, providers);
    for (const name of keyNames(provider)) {
      const known = users.get(name) ?? [];
      const isNew = provider !== undefined && !known.includes(provider.name);
      users.set(name, isNew ? [...known, provider.name] : known);
    }
  }
  return [...users].map(([name, names]) => ({
    name,
    source: config.key_sources[name] ?? null,
    users: names
  }));
}

/** The person's other keys. */
export function otherKeys(config: Config, needed: readonly NeededKey[]): string[] {
  const names = new Set(needed.map(key => key.name));
  return config.api_keys.filter(name => config.key_sources[name] === 'user' && !names.has(name));
}

export function keyNames(provider: Provider | undefined): string[] {
  const strategy = provider?.auth_strategy ?? null;
  switch (strategy?.type) {
    case 'env':
      return [strategy.name];
    case 'multienv':
      return strategy.names;
    default:
      return [];
  }
}

// What is typed

export function withModel(draft: Draft, setting: ModelSetting, gid: string | null): Draft {
  return { ...draft, models: { ...draft.models, [setting]: gid } };
}

export function withField(
  draft: Draft,
  setting: FieldsSetting,
  gid: string,
  key: string,
  text: string | undefined
): Draft {
  const all = draft.fields[setting] ?? {};
  const one = { ...all[gid], [key]: text };
  return { ...draft, fields: { ...draft.fields, [setting]: { ...all, [gid]: one } } };
}

export function withKey(draft: Draft, name: string, text: string): Draft {
  return { ...draft, keys: { ...draft.keys, [name]: text } };
}

// What is saved

/** What to send; null if nothing is other than it is saved. Only what belongs to the chosen models is sent. */
export function updateOf(config: Config, draft: Draft, providers: Providers): Update | null {
  const update: Update = {};
  for (const kind of MODEL_KINDS) {
    const gid = modelOf(kind.setting, config, draft);
    if (!(kind.setting in config.fixed) && gid !== config[kind.setting]) {
      update[kind.setting] = gid;
    }
    const entered = enteredOf(kind, gid, config, draft, providers);
    if (gid !== null && entered !== null) {
      update[kind.fields] = { [gid]: entered };
    }
  }
  const keys = neededKeys(config, draft, providers)
    .map(key => [key.name, (draft.keys[key.name] ?? '').trim()])
    .filter(([, text]) => text !== '');
  if (keys.length > 0) {
    update.api_keys = Object.fromEntries(keys) as Record<string, string>;
  }
  if (draft.shiftEnter !== undefined && draft.shiftEnter !== config.send_with_shift_enter) {
    update.send_with_shift_enter = draft.shiftEnter;
  }
  if (draft.memory !== undefined && draft.memory.trim() !== memoryText(config)) {
    update.max_chat_history = draft.memory.trim() === '' ? null : Number(draft.memory);
  }
  return Object.keys(update).length === 0 ? null : { ...update, last_read: config.last_read };
}

function enteredOf(
  kind: ModelKind,
  gid: string | null,
  config: Config,
  draft: Draft,
  providers: Providers
): Entered[string] | null {
  const typed = gid === null ? undefined : draft.fields[kind.fields]?.[gid];
  if (gid === null || typed === undefined) {
    return null;
  }
  const known = chosenProvider(kind, config, draft, providers)?.fields ?? [];
  const values = known.flatMap(field => {
    const text = typed[field.key];
    const isSame = text === undefined || text === storedText(kind, gid, field.key, config);
    return isSame ? [] : [[field.key, valueOf(field, text)]];
  });
  return values.length === 0 ? null : (Object.fromEntries(values) as Entered[string]);
}

function valueOf(field: ProviderField, text: string): string | number {
  const isNumber = field.type === 'integer' && text.trim() !== '';
  return isNumber ? Number(text) : text;
}

/** How the saved length of the memory is shown. */
export function memoryText(config: Config): string {
  return config.max_chat_history === null || config.max_chat_history === undefined
    ? ''
    : String(config.max_chat_history);
}

/** What need not be sent, since the server would refuse it, by place. */
export function mistakes(
  config: Config,
  draft: Draft,
  providers: Providers
): Record<string, Mistake> {
  const found: Record<string, Mistake> = {};
  for (const kind of MODEL_KINDS) {
    const gid = modelOf(kind.setting, config, draft) ?? '';
    const typed = draft.fields[kind.fields]?.[gid] ?? {};
    for (const field of chosenProvider(kind, config, draft, providers)?.fields ?? []) {
      const mistake = mistakeIn(field, typed[field.key] ?? '');
      if (mistake !== null) {
        found[`${kind.fields}.${gid}.${field.key}`] = mistake;
      }
    }
  }
  const memory = (draft.memory ?? '').trim();
  if (
    memory !== '' &&
    !(isInteger(memory) && Number(memory) >= 0 && Number(memory) <= MOST_MEMORY)
  ) {
    found.max_chat_history = 'memory';
  }
  return found;
}

function mistakeIn(field: ProviderField, text: string): Mistake | null {
  if (text.trim() === '') {
    return null;
  }
  if (field.type === 'integer') {
    return isInteger(text) ? null : 'integer';
  }
  return field.format !== 'json' || isJson(text) ? null : 'json';
}

function isInteger(text: string): boolean {
  return /^\s*[+-]?\d+\s*$/.test(text) && Number.isSafeInteger(Number(text));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Which of the places a refusal is about: its message begins with the place and a colon. "" if with none. */
export function placeOf(message: string, places: readonly string[]): string {
  const named = places.filter(place => message.startsWith(`${place}:`));
  return named.sort((a, b) => b.length - a.length)[0] ?? '';
}

/** All places that are shown now. */
export function placesOf(config: Config, draft: Draft, providers: Providers): string[] {
  const fields = MODEL_KINDS.flatMap(kind => {
    const gid = modelOf(kind.setting, config, draft);
    const known = chosenProvider(kind, config, draft, providers)?.fields ?? [];
    return known.map(field => `${kind.fields}.${gid}.${field.key}`);
  });
  return [
    ...MODEL_KINDS.map(kind => kind.setting),
    ...fields,
    ...neededKeys(config, draft, providers).map(key => `api_keys.${key.name}`),
    'send_with_shift_enter',
    'max_chat_history'
  ];
}
