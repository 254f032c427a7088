export {joinSegments} from '../media/transcript/join-segments.ts';
