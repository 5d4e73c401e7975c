/** A field in which one of many models is chosen: type to search, arrow keys, Enter, Escape. */

import { TranslationBundle } from '@jupyterlab/translation';
import React, { useEffect, useMemo, useRef, useState } from 'react';

import { Choice, Group, groupsFor, typedChoice } from './choices';
import { CopyCommand } from './command';
import { ModelSetting, Provider } from './wire';

interface IProps {
  readonly id: string;
  readonly label: string;
  readonly setting: ModelSetting;
  readonly value: string | null;
  /** What choosing none is called. */
  readonly none: string;
  readonly providers: readonly Provider[];
  readonly describedBy: string;
  readonly isInvalid: boolean;
  readonly trans: TranslationBundle;
  onChange(value: string | null): void;
}

const FAR = 10; // lines that Page Up and Page Down go

/** A combobox with a listbox, as the ARIA practices have them. */
export function ModelPicker(props: IProps): JSX.Element {
  const { id, setting, value, providers, trans } = props;
  const [query, setQuery] = useState<string | null>(null); // null: the list is closed
  const [active, setActive] = useState(-1);
  const [missing, setMissing] = useState<Provider | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const isOpen = query !== null;
  // Until something is typed all lines are shown, with the chosen one in view.
  const groups = useMemo(
    () => (query === null ? [] : groupsFor(query, providers, setting, props.none)),
    [query, providers, setting, props.none]
  );
  const choices = useMemo(() => groups.flatMap(group => group.choices), [groups]);

  const open = (text = ''): void => {
    setQuery(text);
    setActive(-1);
  };
  const close = (): void => {
    setQuery(null);
    setActive(-1);
  };
  const take = (gid: string | null): void => {
    setMissing(null);
    close();
    if (gid !== value) {
      props.onChange(gid);
    }
  };
  const choose = (choice: Choice | undefined): void => {
    if (choice === undefined) {
      return;
    }
    switch (choice.kind) {
      case 'any':
        open(choice.value ?? '');
        return;
      case 'missing':
        setMissing(choice.provider ?? null);
        close();
        return;
      default:
        take(choice.value);
    }
  };
  const takeTyped = (): void => {
    const typed = query === null ? null : typedChoice(query, providers, setting);
    if (typed === null) {
      close();
    } else {
      take(typed);
    }
  };
  const move = (step: number): void => {
    if (query === null) {
      open();
    }
    const last = choices.length - 1;
    const from = active === -1 && query === '' ? choices.findIndex(c => c.value === value) : active;
    setActive(step === 1 && from === last ? 0 : Math.max(0, Math.min(last, from + step)));
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: FAR,
      PageUp: -FAR
    };
    if (event.key in steps) {
      event.preventDefault();
      move(steps[event.key]);
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      // It chooses, and does not save.
      event.preventDefault();
      if (!isOpen) {
        open();
      } else if (active >= 0) {
        choose(choices[active]);
      } else {
        takeTyped();
      }
    } else if (event.key === 'Escape' && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  };

  return (
    <div className="jp-ai-picker">
      <input
        ref={input}
        id={id}
        className="jp-mod-styled jp-ai-picker-input"
        type="text"
        role="combobox"
        autoComplete="off"
        spellCheck={false}
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen && active >= 0 ? `${id}-${active}` : undefined}
        aria-describedby={props.describedBy}
        aria-invalid={props.isInvalid}
        placeholder={isOpen ? trans.__('Type to search, or provider:model') : props.none}
        value={query ?? value ?? ''}
        onChange={event => {
          setQuery(event.target.value);
          setActive(event.target.value.trim() === '' ? -1 : firstModel(event.target.value, props));
        }}
        onClick={() => !isOpen && open()}
        onKeyDown={onKeyDown}
        onBlur={takeTyped}
      />
      {isOpen && (
        <List
          id={id}
          label={props.label}
          groups={groups}
          active={active}
          value={value}
          trans={trans}
          onPoint={setActive}
          onChoose={choose}
        />
      )}
      {missing !== null && <Missing provider={missing} trans={trans} />}
    </div>
  );
}

/** The line that Enter takes while one types: that of the typed id, else the first that is a model. */
function firstModel(query: string, props: IProps): number {
  const groups = groupsFor(query, props.providers, props.setting, props.none);
  const choices = groups.flatMap(group => group.choices);
  const same = choices.findIndex(choice => choice.value === query.trim());
  return same >= 0 ? same : choices.findIndex(c => c.kind === 'model' || c.kind === 'free');
}

interface IListProps {
  readonly id: string;
  readonly label: string;
  readonly groups: readonly Group[];
  readonly active: number;
  readonly value: string | null;
  readonly trans: TranslationBundle;
  onPoint(index: number): void;
  onChoose(choice: Choice): void;
}

function List(props: IListProps): JSX.Element {
  const { id, groups, active, value, trans } = props;
  const node = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const shown =
      active >= 0
        ? node.current?.querySelector(`[id="${id}-${active}"]`)
        : node.current?.querySelector('[aria-selected="true"]');
    shown?.scrollIntoView({ block: 'nearest' });
  }, [active, id]);
  let index = 0;
  return (
    <div
      ref={node}
      id={`${id}-list`}
      className="jp-ai-picker-list"
      role="listbox"
      aria-label={props.label}
      // The focus stays in the field.
      onMouseDown={event => event.preventDefault()}
    >
      {groups.map((group, number) => {
        const lines = group.choices.map(choice => {
          const own = index++;
          return (
            <div
              key={`${choice.kind} ${choice.value ?? choice.label}`}
              id={`${id}-${own}`}
              className="jp-ai-picker-line"
              role="option"
              data-kind={choice.kind}
              data-active={own === active}
              aria-selected={choice.kind !== 'missing' && choice.value === value}
              aria-disabled={choice.kind === 'missing'}
              onMouseMove={() => own !== active && props.onPoint(own)}
              onClick={() => props.onChoose(choice)}
            >
              {lineText(choice, trans)}
            </div>
          );
        });
        return group.name === '' ? (
          <React.Fragment key={number}>{lines}</React.Fragment>
        ) : (
          <div key={number} role="group" aria-labelledby={`${id}-group-${number}`}>
            <div id={`${id}-group-${number}`} className="jp-ai-picker-heading" role="presentation">
              {group.name}
            </div>
            {lines}
          </div>
        );
      })}
      {groups.length === 0 && (
        <div className="jp-ai-picker-line" role="option" aria-selected={false} aria-disabled={true}>
          {trans.__('No model fits. Any model can be named as provider:model.')}
        </div>
      )}
    </div>
  );
}

function lineText(choice: Choice, trans: TranslationBundle): string {
  switch (choice.kind) {
    case 'free':
      return trans.__('Use %1', choice.label);
    case 'any':
      return trans.__('Another model: type its name after %1', choice.value ?? '');
    case 'missing':
      return trans.__('Not installed: %1', choice.provider?.install_hint ?? '');
    default:
      return choice.label;
  }
}

function Missing({
  provider,
  trans
}: {
  provider: Provider;
  trans: TranslationBundle;
}): JSX.Element {
  return (
    <div className="jp-ai-settings-note" role="status">
      {trans.__(
        '%1 is not installed. Run this where the server runs, then jupyter ai plugins --reload:',
        provider.name
      )}
      <CopyCommand command={provider.install_hint ?? ''} trans={trans} />
    </div>
  );
}
