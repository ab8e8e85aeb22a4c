import { Button, Progress } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconUpload } from '@tabler/icons-react';
import { useRef, useState, type DragEvent } from 'react';
import { Link } from 'wouter';
import { validateExport } from '../../api/queries.js';
import { uploadExport, type UploadProgress } from '../../api/upload.js';
import { bytes } from '../../format/numbers.js';
import { Notice } from '../../ui/notice.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import './upload-area.css';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending'; readonly name: string; readonly progress: UploadProgress | null }
  | { readonly kind: 'checking'; readonly name: string }
  | { readonly kind: 'done'; readonly name: string; readonly id: string }
  | { readonly kind: 'failed'; readonly name: string; readonly error: unknown };

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
        <UploadState state={states} cancel={cancel} />
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
    setState({ kind: 'sending', name, progress: null });
    try {
      const { export_id: id } = await uploadExport(
        file,
        (progress) => {
          setState({ kind: 'sending', name, progress });
        },
        abort.current.signal,
      );
      setState({ kind: 'checking', name });
      await validateExport(id);
      setState({ kind: 'done', name, id });
      return true;
    } catch (error) {
      const isCancelled = error instanceof DOMException && error.name === 'AbortError';
      setState(isCancelled ? { kind: 'idle' } : { kind: 'failed', name, error });
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

function UploadState({ state, cancel }: { readonly state: State; readonly cancel: () => void }) {
  switch (state.kind) {
    case 'idle':
      return null;
    case 'sending': {
      const { sent, total } = state.progress ?? { sent: 0, total: 0 };
      const share = total === 0 ? 0 : Math.round((sent / total) * 100);
      return (
        <div className="stack-tight">
          <div className="row row-apart small">
            <span className="wrap">
              {state.name}: {bytes(sent)} of {bytes(total)}
            </span>
            <Button size="compact-xs" variant="default" onClick={cancel}>
              Cancel
            </Button>
          </div>
          <Progress value={share} aria-label={`${share} % of ${state.name} sent`} />
        </div>
      );
    }
    case 'checking':
      return (
        <div className="stack-tight">
          <span className="small wrap">{state.name} is here and is being checked.</span>
          <Progress value={100} striped animated aria-label="Checking" />
        </div>
      );
    case 'done':
      return (
        <Notice tone="good" title={`${state.name} is uploaded and checked`}>
          <Link href={`/exports/${state.id}`}>See what is in it</Link> or{' '}
          <Link href={`/trainings/new?export=${state.id}`}>train a model on it</Link>.
        </Notice>
      );
    case 'failed':
      return <ProblemNotice title={`${state.name} could not be uploaded`} error={state.error} />;
  }
}
