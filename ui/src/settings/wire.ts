/** What the server's routes about settings take and answer. */

export interface ProviderField {
  type: 'text' | 'text-multiline' | 'integer';
  key: string;
  label: string;
  /** Of the textual ones. */
  format?: 'json' | 'jsonpath' | 'text';
}

export type AuthStrategy =
  { type: 'env'; name: string } | { type: 'multienv'; names: string[] } | { type: 'aws' } | null;

export interface Provider {
  id: string;
  name: string;
  models: string[];
  help: string | null;
  auth_strategy: AuthStrategy;
  /** Whether it has models that it does not list. */
  registry: boolean;
  fields: ProviderField[];
  chat_models: string[] | null;
  completion_models: string[] | null;
  installed: boolean;
  /** A command, where it is not installed. */
  install_hint: string | null;
}

/** The settings that name a model. */
export type ModelSetting =
  'model_provider_id' | 'embeddings_provider_id' | 'completions_model_provider_id';

/** The settings that hold what was entered for the models of one kind. */
export type FieldsSetting = 'fields' | 'embeddings_fields' | 'completions_fields';

export type KeySource = 'environment' | 'user' | 'administrator';

/** What was entered for models: by the model's id, then by the field's key. */
export type Entered = Record<string, Record<string, unknown>>;

export type Config = Record<ModelSetting, string | null> &
  Record<FieldsSetting, Entered> & {
    send_with_shift_enter: boolean;
    api_keys: string[];
    last_read: number;
    /** Exchanges; null: as many as by default. Servers of an earlier version do not tell. */
    max_chat_history?: number | null;
    /** Null: all. */
    default_max_chat_history?: number | null;
    /** Where a setting was fixed, by its name. */
    fixed: Record<string, string>;
    problems: string[];
    key_sources: Record<string, KeySource>;
  };

/** A change; what is left out stays. */
export type Update = Partial<Record<ModelSetting, string | null>> &
  Partial<Record<FieldsSetting, Entered>> & {
    send_with_shift_enter?: boolean;
    max_chat_history?: number | null;
    api_keys?: Record<string, string>;
    last_read?: number;
  };

/** What became of a test of a model. */
export type TestAnswer =
  { ok: true; text: string; seconds: number } | { ok: false; reason: string; hint: string | null };

/** Each kind of model: the setting that names it, the one of its fields, and the option of its list. */
export interface ModelKind {
  readonly setting: ModelSetting;
  readonly fields: FieldsSetting;
}

export const MODEL_KINDS: readonly ModelKind[] = [
  { setting: 'model_provider_id', fields: 'fields' },
  { setting: 'embeddings_provider_id', fields: 'embeddings_fields' },
  { setting: 'completions_model_provider_id', fields: 'completions_fields' }
];

/** Stands for what the server does not show; sent back, it stands for what is stored. */
export const HIDDEN = '(hidden)';
