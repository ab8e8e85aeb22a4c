import { Burger } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { isCurrent, NAVIGATION, type Destination } from './navigation.js';
import { Preferences } from './preferences.js';
import './shell.css';

function Brand() {
  return (
    <Link href="/" className="brand">
      <img src="/favicon.svg" alt="" />
      mcp-training
    </Link>
  );
}

function NavigationLink({ href, label, icon: Icon }: Destination) {
  const [location] = useLocation();
  return (
    <li>
      <Link href={href} className="nav-link" aria-current={isCurrent(href, location) ? 'page' : undefined}>
        <Icon size={18} stroke={1.7} aria-hidden />
        {label}
      </Link>
    </li>
  );
}

/** Navigation at the left, or behind a button where there is no room for it. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const [location] = useLocation();
  useEffect(() => {
    setOpen(false);
    window.scrollTo(0, 0);
  }, [location]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <div className="shell">
        <header className="topbar">
          <Brand />
          <Burger
            opened={isOpen}
            onClick={() => {
              setOpen(!isOpen);
            }}
            aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
            aria-expanded={isOpen}
            size="sm"
          />
        </header>
        <nav className="sidebar" aria-label="Pages" data-open={isOpen ? '' : undefined}>
          <div className="hide-narrow">
            <Brand />
          </div>
          {NAVIGATION.map(({ title, items }) => (
            <div key={title ?? ''}>
              {title !== null && <h2>{title}</h2>}
              <ul>
                {items.map((item) => (
                  <NavigationLink key={item.href} {...item} />
                ))}
              </ul>
            </div>
          ))}
          <div className="sidebar-foot">
            <Preferences />
          </div>
        </nav>
        <main className="main" id="main">
          {children}
        </main>
      </div>
    </>
  );
}
