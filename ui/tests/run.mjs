// Runs the tests, all in one process. Types are not looked at here: `tsc -p tests --noEmit` does that, and takes longer.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import ts from 'typescript';

const ui = join(import.meta.dirname, '..');
const build = join(ui, 'build/tests');
const compilerOptions = {
  esModuleInterop: true,
  inlineSourceMap: true,
  jsx: ts.JsxEmit.React,
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2022
};

function translate(folder) {
  for (const name of readdirSync(join(ui, folder), { recursive: true })) {
    if (/\.tsx?$/.test(name)) {
      const source = readFileSync(join(ui, folder, name), 'utf8');
      const { outputText } = ts.transpileModule(source, { compilerOptions, fileName: name });
      const target = join(build, folder, name.replace(/\.tsx?$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, outputText);
    }
  }
}

rmSync(build, { recursive: true, force: true });
translate('src');
translate('tests');
const require = createRequire(import.meta.url);
for (const name of readdirSync(join(build, 'tests')).filter(name => name.endsWith('.test.js'))) {
  require(join(build, 'tests', name));
}
