/** Hooks between JupyterLab's signals and React. */

import { ISignal } from '@lumino/signaling';
import { useEffect, useReducer } from 'react';

/** Draw the component again whenever the signal is emitted. */
export function useSignal<T, U>(signal: ISignal<T, U>): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const slot = () => draw();
    signal.connect(slot);
    draw(); // what was emitted since the component was drawn reached nobody
    return () => {
      signal.disconnect(slot);
    };
  }, [signal]);
}
