// Written by bin/indexes.js from the files in this folder.
import type {AnyAdapter} from '../contract/adapter.ts';
import {flite} from './flite.ts';
import {gguf} from './gguf.ts';
import {kokoro} from './kokoro.ts';
import {piper} from './piper.ts';

/** Every built-in adapter, in the order they are asked; plugins add theirs at run time. */
export const adapters: readonly AnyAdapter[] = [flite, gguf, kokoro, piper];
