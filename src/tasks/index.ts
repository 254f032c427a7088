// Written by bin/indexes.js from the files in this folder.
import type {AnyTask} from '../contract/task.ts';
import {chat} from './chat.ts';
import {completion} from './completion.ts';
import {embedding} from './embedding.ts';
import {image} from './image.ts';
import {reranking} from './reranking.ts';
import {speech} from './speech.ts';
import {transcription} from './transcription.ts';
import {voiceActivity} from './voice-activity.ts';

const tasks = [chat, completion, embedding, image, reranking, speech, transcription, voiceActivity];

/** Every built-in task by name; plugins add theirs at run time. */
export const builtInTasks: Readonly<Record<string, AnyTask>> = Object.fromEntries(
	tasks.map(task => [task.name, task as AnyTask]),
);
