// The user and the browser of an authorisation: follows redirects, keeps cookies, signs in and consents, and stops at the
// redirect to the client, which nobody serves.

const REDIRECTS_MAX = 20;

/** Opens an authorisation URL. Answers the URL at which the client would be called back. */
export async function authorize(url, redirectUri, cookies = new Map()) {
  let next = new URL(url);
  let form;
  for (let i = 0; i < REDIRECTS_MAX; i++) {
    const answer = await fetch(next, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      cookies.set(name, value);
    }

    const page = await answer.text();
    form = undefined;
    if (answer.status === 302 || answer.status === 303) {
      next = new URL(answer.headers.get('location'), next);
      if (next.href.startsWith(redirectUri)) return next;
      continue;
    }

    const action = /<form[^>]* action="([^"]+)"/.exec(page);
    const prompt = /name="prompt" value="(\w+)"/.exec(page);
    if (answer.status !== 200 || !action || !prompt) throw new Error(`${next} answered ${answer.status}: ${page.slice(0, 2000)}`);
    next = new URL(action[1], next);
    form = new URLSearchParams({ prompt: prompt[1], login: 'alice', password: 'any will do' });
  }

  throw new Error('too many redirects');
}
