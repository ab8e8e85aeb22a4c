import { Button, Modal } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { ChangeProblem } from './change-problem.js';

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
  onOpen,
  size,
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
  /** It is about to be confirmed: what will happen can be asked for. */
  readonly onOpen?: () => void;
  readonly size?: string;
}) {
  const [isOpen, setOpen] = useState(false);
  const close = (): void => {
    setOpen(false);
  };
  return (
    <>
      <Button
        variant="default"
        size={size}
        onClick={() => {
          onOpen?.();
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
          {error !== null && error !== undefined && <ChangeProblem error={error} />}
          <div className="row">
            <Button color="red.9" onClick={onConfirm} loading={isPending} disabled={isDisabled}>
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
