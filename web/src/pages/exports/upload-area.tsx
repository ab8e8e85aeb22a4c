import { Button, Progress } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconUpload } from '@tabler/icons-react';
import { useRef, useState, type DragEvent } from 'react';
import { Link } from 'wouter';
import { validateExport } from '../../api/queries.js';
import { isCancelled } from '../../upload/cancelled.js';
import { uploadExport, type UploadStep } from '../../upload/upload.js';
import { bytes } from '../../format/numbers.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import './upload-area.css';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending'; readonly name: string; readonly step: UploadStep | null }
  | { readonly kind: 'checking'; readonly name: string }
  | { readonly kind: 'done'; readonly name: string; readonly id: string; readonly isKnown: boolean }
  | { readonly kind: 'failed'; readonly file: File; readonly error: unknown };

/** Takes files by dropping or choosing, sends one after another, and has each one checked. */
export function UploadArea() {
  const [states, upload, cancel] = useUploads();
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const isBusy = states.kind === 'sending' || states.kind === 'checking';
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    upload([...event.dataTransfer.files]);
  };
  return (
    <section
      className="card upload"
      aria-label="Upload"
      data-over={isOver ? '' : undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => {
        setOver(false);
      }}
      onDrop={drop}
    >
      <IconUpload size={28} stroke={1.5} aria-hidden />
      <div className="grow stack-tight">
        <strong>Drop an export here</strong>
        <p className="soft small">
          JSON, NDJSON or CSV of router logs, plain, .gz or .zst. It is checked as soon as it is here.
        </p>
      </div>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="upload"
        onChange={(event) => {
          upload([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      <Button onClick={() => input.current?.click()} disabled={isBusy}>
        Choose files
      </Button>
      <div className="upload-state" aria-live="polite">
        <UploadState
          state={states}
          cancel={cancel}
          again={(file) => {
            upload([file]);
          }}
        />
      </div>
    </section>
  );
}

function useUploads(): [State, (files: File[]) => void, () => void] {
  const [state, setState] = useState<State>({ kind: 'idle' });
  const abort = useRef<AbortController | null>(null);
  const queries = useQueryClient();
  const send = async (file: File): Promise<boolean> => {
    const { name } = file;
    abort.current = new AbortController();
    setState({ kind: 'sending', name, step: null });
    try {
      const { id, isKnown } = await uploadExport(
        file,
        (step) => {
          setState({ kind: 'sending', name, step });
        },
        abort.current.signal,
      );
      setState({ kind: 'checking', name });
      await validateExport(id);
      setState({ kind: 'done', name, id, isKnown });
      return true;
    } catch (error) {
      setState(isCancelled(error) ? { kind: 'idle' } : { kind: 'failed', file, error });
      return false;
    } finally {
      void queries.invalidateQueries({ queryKey: ['exports'] });
    }
  };
  const all = async (files: File[]): Promise<void> => {
    for (const file of files) if (!(await send(file))) return;
  };
  return [state, (files) => void all(files), () => abort.current?.abort()];
}

function UploadState({
  state,
  cancel,
  again,
}: {
  readonly state: State;
  readonly cancel: () => void;
  readonly again: (file: File) => void;
}) {
  switch (state.kind) {
    case 'idle':
      return null;
    case 'sending':
      return <Sending name={state.name} step={state.step} cancel={cancel} />;
    case 'checking':
      return (
        <div className="stack-tight">
          <span className="small wrap">{state.name} is here and is being checked.</span>
          <Progress value={100} striped animated aria-label="Checking" />
        </div>
      );
    case 'done':
      return (
        <Notice
          tone="good"
          title={
            state.isKnown
              ? `${state.name} was here already; it was not sent again`
              : `${state.name} is uploaded and checked`
          }
        >
          <Link href={`/exports/${state.id}`}>See what is in it</Link> or{' '}
          <Link href={`/trainings/new?export=${state.id}`}>train a model on it</Link>.
        </Notice>
      );
    case 'failed':
      return (
        <ProblemNotice
          title={`${state.file.name} could not be uploaded`}
          error={state.error}
          retry={() => {
            again(state.file);
          }}
        />
      );
  }
}

function Sending({
  name,
  step,
  cancel,
}: {
  readonly name: string;
  readonly step: UploadStep | null;
  readonly cancel: () => void;
}) {
  const share = step === null || step.kind === 'waiting' || step.total === 0 ? 0 : (step.done / step.total) * 100;
  return (
    <div className="stack-tight">
      <div className="row row-apart small">
        <span className="wrap">{stepText(name, step)}</span>
        <Button size="compact-xs" variant="default" onClick={cancel}>
          Cancel
        </Button>
      </div>
      {step?.kind === 'waiting' ? (
        <Progress value={100} striped animated color="orange" aria-label="Waiting for the service" />
      ) : (
        <Progress value={share} aria-label={`${Math.round(share)} % of ${name}`} />
      )}
    </div>
  );
}

function stepText(name: string, step: UploadStep | null): string {
  if (step === null) return name;
  switch (step.kind) {
    case 'hashing':
      return `${name}: its SHA-256 is computed, ${bytes(step.done)} of ${bytes(step.total)}`;
    case 'sending':
      return `${name}: ${bytes(step.done)} of ${bytes(step.total)} sent`;
    case 'waiting':
      return `${name}: ${step.reason} It goes on where it stopped; the next try is in ${step.seconds} s.`;
  }
}
