import { describe, expect, it } from '@jest/globals';
import { isWelcomeOrigin } from './welcome-origin.js';

const atHome = { publicUrl: 'http://127.0.0.1:3000', allowedOrigins: [] };
const abroad = { publicUrl: 'https://tokens.example/', allowedOrigins: ['https://console.example'] };

describe('a request is welcome', () => {
  it.each([
    [abroad, undefined, true],
    [abroad, 'https://tokens.example', true],
    [abroad, 'https://console.example', true],
    [abroad, 'https://console.example.evil.example', false],
    [abroad, 'http://tokens.example', false],
    [abroad, 'https://tokens.example:8443', false],
    [abroad, 'null', false],
    [abroad, '', false],
    [abroad, 'http://localhost:3000', false],
    [atHome, 'http://127.0.0.1:3000', true],
    [atHome, 'http://localhost:3000', true],
    [atHome, 'http://[::1]:3000', true],
    [atHome, 'http://localhost:3001', false],
    [atHome, 'https://localhost:3000', false],
    [atHome, 'http://localhost:3000/path', false],
    [atHome, 'http://localhost.evil.example:3000', false],
    [atHome, 'null', false],
  ])('under %j from %j: %s', (settings, origin, welcome) =>
    expect(isWelcomeOrigin(origin, settings)).toBe(welcome),
  );
});
