/** Where somebody writes: the editor of a file, of a notebook's cell or of a console. */

import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Widget } from '@lumino/widgets';

import { languageName } from './languages';

export interface IWriting {
  readonly editor: Pick<
    CodeEditor.IEditor,
    'uuid' | 'host' | 'model' | 'getCursorPosition' | 'getOffsetAt' | 'hasFocus'
  >;
  readonly language: string;
  /** Relative to the server's root; consoles have none. */
  readonly path?: string;
  /** Files have none; by that of its prompt a console is told from others. */
  readonly cellId?: string;
}

/** What widgets with editors have of these. */
interface IEditing {
  readonly content?: {
    /** Of a file. */
    readonly editor?: CodeEditor.IEditor;
    /** Of a notebook. */
    readonly activeCell?: ICell | null;
    readonly model?: { getMetadata?(key: string): unknown } | null;
  };
  /** Of a console's panel. */
  readonly console?: { readonly promptCell: ICell | null };
  readonly context?: Pick<DocumentRegistry.Context, 'localPath'>;
}

interface ICell {
  readonly editor: CodeEditor.IEditor | null;
  readonly model: { readonly id: string; readonly type: string };
}

/** Where one writes in a widget; null if it has no editor. */
export function writingIn(
  widget: Widget | null,
  languages: Pick<IEditorLanguageRegistry, 'findByMIME'>
): IWriting | null {
  const { content, console, context } = (widget ?? {}) as IEditing;
  const cell = content?.activeCell ?? console?.promptCell;
  const editor = cell?.editor ?? content?.editor;
  if (!editor?.model) {
    return null;
  }
  const named = languages.findByMIME(editor.model.mimeType)?.name;
  return {
    editor,
    language: languageName(
      named === 'none' && cell?.model.type === 'code' ? kernelLanguage(content) : named
    ),
    path: context?.localPath,
    cellId: cell?.model.id
  };
}

/** The language of a notebook whose kernel has not told it yet. */
function kernelLanguage(content: IEditing['content']): string | undefined {
  const kernel = content?.model?.getMetadata?.('kernelspec') as { language?: string } | undefined;
  return kernel?.language;
}
