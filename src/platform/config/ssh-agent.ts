/** Socket of the SSH agent of this session, for SFTP targets without a key file; null = there is none. */
export function sshAgentSocket(): string | null {
  const socket = process.env.SSH_AUTH_SOCK;
  return socket === undefined || socket === '' ? null : socket;
}
