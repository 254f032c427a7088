import {groupFiles, type FileGroup, type ListedFile} from '../resolve/group-files.ts';

/** The builds that files on this disk make up; those with a part missing are left out. Pure. */
export function buildsOf<F extends ListedFile>(files: readonly F[]): ReadonlyArray<FileGroup<F>> {
	return groupFiles(files).filter(group => group.files.some(({role}) => role.startsWith('weights')));
}

/** Bytes of the files. */
export const bytesOf = <F extends ListedFile>(group: FileGroup<F>): number =>
	group.files.reduce((sum, {file}) => sum + file.bytes, 0);
