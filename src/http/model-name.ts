import * as z from 'zod';

/** A name or a path. It is compared with those of all models where it is none of them, so it must not be a book. */
export const modelName: z.ZodString = z.string().min(1).max(4096, 'a name of at most 4096 characters');
