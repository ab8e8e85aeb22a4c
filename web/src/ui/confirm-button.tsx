import { Button, Modal } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ProblemNotice } from './problem-notice.js';

/** A change that needs a second look: says exactly what will happen before it does. */
export function ConfirmButton({
  label,
  title,
  action,
  children,
  onConfirm,
  isPending,
  error,
  isDisabled = false,
}: {
  readonly label: string;
  readonly title: string;
  /** On the button that does it: the exact effect. */
  readonly action: string;
  readonly children: ReactNode;
  readonly onConfirm: () => void;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly isDisabled?: boolean;
}) {
  const [isOpen, setOpen] = useState(false);
  const close = (): void => {
    setOpen(false);
  };
  return (
    <>
      <Button
        variant="default"
        disabled={isDisabled}
        onClick={() => {
          setOpen(true);
        }}
      >
        {label}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={title}
        centered
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <div className="stack">
          <div>{children}</div>
          {error !== null && error !== undefined && <ProblemNotice error={error} />}
          <div className="row">
            <Button color="red.9" onClick={onConfirm} loading={isPending}>
              {action}
            </Button>
            <Button variant="default" onClick={close}>
              Keep it
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}
