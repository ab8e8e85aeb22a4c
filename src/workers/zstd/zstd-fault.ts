/**
 * What is wrong with a block: caught by the source, which knows the file and the position. A class of its own because
 * the decoder knows neither, and because anything else that is thrown is a defect of ours.
 */
export class ZstdFault extends Error {}
