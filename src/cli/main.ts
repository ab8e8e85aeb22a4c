import { CommanderError } from 'commander';
import { AppError, serializeError } from '../shared/errors.js';
import type { CommandState } from './command.js';
import { Output, errorDocument, outputOptions } from './output.js';
import { buildProgram } from './program.js';

const USAGE_EXIT = 2;

/** Runs one command line and resolves with the process exit code (product contract, section 4). */
export async function main(args: readonly string[]): Promise<number> {
  const state: CommandState = { exitCode: 0, output: outputOptions({ json: args.includes('--json') }) };
  const program = buildProgram(state);
  try {
    if (args.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync([...args], { from: 'user' });
    return state.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return usageExit(error, state);
    const failure = error instanceof AppError ? error : unexpected(error);
    new Output(state.output).error(failure);
    return failure.exitCode;
  }
}

/** commander has told the person already; a program that asked for JSON gets its document too. */
function usageExit(error: CommanderError, state: CommandState): number {
  if (error.exitCode === 0) return 0;
  if (state.output.json) {
    const message = error.message.replace(/^error: /, '');
    process.stdout.write(`${JSON.stringify(errorDocument(new AppError('usage', message)), null, 2)}\n`);
  }
  return USAGE_EXIT;
}

function unexpected(error: unknown): AppError {
  const { message, stack } = serializeError(error);
  const failure = new AppError('internal', message, {
    cause: error,
    hint: 'Run the command again with --verbose for details.',
  });
  if (stack !== undefined) failure.stack = stack;
  return failure;
}
