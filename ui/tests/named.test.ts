import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ISelectionWatcher } from '@jupyter/chat';
import { INotebookTracker } from '@jupyterlab/notebook';

import { IOpen, namedSelection, namesOf } from '../src/writing/named';

const ERROR = { output_type: 'error', ename: 'E', evalue: 'no', traceback: ['E'] };

/** What is open: a notebook with an active cell, and text that is selected. */
function open(outputs: { output_type: string }[] = []): IOpen {
  const model = {
    id: 'a',
    type: 'code',
    sharedModel: { getSource: () => 'x = 1' },
    outputs: {
      length: outputs.length,
      get: (i: number) => ({ type: outputs[i].output_type, toJSON: () => outputs[i] })
    }
  };
  const signal = { connect: () => true };
  const context = { path: 'work.ipynb', model: { contentChanged: signal } };
  const panel = { context, disposed: signal, isDisposed: false, model: { cells: [model] } };
  const tracker = { currentWidget: panel, activeCell: { model } };
  return {
    tracker: tracker as unknown as INotebookTracker,
    selectionWatcher: { selection: { text: 'chosen' } } as unknown as ISelectionWatcher
  };
}

test('names are words of the prompt, not what is quoted, part of a word or an argument', () => {
  const prompt = 'why @error? and @cell, not `@selection`, x@selection or @selection:1';

  assert.deepEqual([...namesOf(prompt)], ['error', 'cell']);
});

test('nothing is sent that is not named', () => {
  assert.equal(namedSelection('explain the cell', open([ERROR])), null);
});

test('the active cell is sent where it is named', () => {
  assert.deepEqual(namedSelection('explain @cell', open([ERROR])), {
    type: 'cell',
    source: 'x = 1'
  });
});

test('an error brings its cell', () => {
  const error = { name: 'E', value: 'no', traceback: ['E'] };

  assert.deepEqual(namedSelection('why @cell @error', open([ERROR])), {
    type: 'cell-with-error',
    source: 'x = 1',
    error
  });
});

test('without an error the server has nothing to say of one', () => {
  assert.equal(namedSelection('why @error', open()), null);
});

test('the selected text is sent where it is named', () => {
  assert.deepEqual(namedSelection('@selection?', open()), { type: 'text', source: 'chosen' });
});

test('where nothing is open nothing is sent', () => {
  assert.equal(
    namedSelection('@cell @error @selection', { tracker: null, selectionWatcher: null }),
    null
  );
});
