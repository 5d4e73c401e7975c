import { completer } from './completer';
import { failing } from './failing';
import { panel } from './panel';
import { renderer } from './renderer';
import { toolbar } from './toolbar';

export default [renderer, toolbar, completer, panel, failing];
