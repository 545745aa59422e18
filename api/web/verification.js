// The page of one session: takes the scans, confirms them, and follows the session wherever it is moved on,
// here or on another device.

const id = document.body.dataset.session;
const isPhone = matchMedia('(pointer: coarse)').matches;
const sides = ['front', 'back', 'face'];
const open = ['started', 'scanning', 'ready'];
const final = ['verified', 'canceled'];

const titles = {
  processing: 'One moment',
  verified: 'You are verified',
  rejected: 'Not verified',
  needs_review: 'Somebody will look at it',
  canceled: 'Canceled',
  expired: 'Time is over',
  failed: 'Something went wrong',
};

// What the server says to programs, in words for people.
const words = {
  file_type_unsupported: 'This kind of file is not accepted. Use JPEG or PNG.',
  file_corrupt: 'The picture could not be opened. Take a new one.',
  file_empty: 'The file is empty. Take a new picture.',
  image_too_large: 'The picture is too large. Take it at a lower resolution.',
  body_too_large: 'The file is too large. Take the picture at a lower resolution.',
  upload_timeout: 'The picture did not arrive in time. Try again.',
  unauthorized: 'This service answers programs with a key only. Ask whoever sent you here.',
  redacted: 'The data of this verification has been erased.',
};

const $ = (selector, from = document) => from.querySelector(selector);
const step = (side) => $(`[data-side="${side}"]`);

let session = null;
let skipsBack = false;
let chosen = null; // the side that is taken once more
let uploading = 0;
let timer = 0;

document.body.classList.add(isPhone ? 'phone' : 'desktop');

/** Asks the server; a refusal becomes an error with the server's words. */
async function ask(method, path, body) {
  let answer;
  try {
    const headers = body ? { 'Content-Type': body.type || 'application/octet-stream' } : {};
    answer = await fetch(path, { method, body, headers, cache: 'no-store' });
  } catch {
    throw new Error('There is no connection. Check it and try again.');
  }
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const error = new Error(words[json.error] ?? json.message ?? 'Something went wrong. Try again.');
    error.status = answer.status;
    throw error;
  }
  return json;
}

/** Shows or hides the error of a section. */
function complain(section, text = '') {
  const error = $('.error', section);
  error.hidden = !text;
  error.textContent = text ? text[0].toUpperCase() + text.slice(1) : '';
}

/** Tells it to everybody; `unseen` if the page shows it elsewhere as well. */
function say(text, unseen = false) {
  const message = $('#message');
  message.classList.toggle('unseen', unseen);
  // A live region is read out whenever it is written.
  if (message.textContent !== text) message.textContent = text;
}

/** The step that a phone shows: what is taken again, else what is missing, else none. */
function current() {
  if (chosen) return chosen;
  return sides.find((side) => !session.scans[side] && !(side === 'back' && skipsBack)) ?? null;
}

function render() {
  const isOpen = open.includes(session.status);
  say(session.message, !isOpen);
  $('#capture').hidden = !isOpen;
  $('#handover').hidden = !isOpen || isPhone;
  $('#result').hidden = isOpen;
  if (isOpen) renderSteps();
  else renderResult();
}

function renderSteps() {
  const now = current();
  for (const side of sides) {
    const element = step(side);
    const has = session.scans[side];
    const preview = $('.preview', element);
    if (!has && !uploading) preview.hidden = true;
    element.classList.toggle('current', side === now);
    element.classList.toggle('has', has);
    $('.done', element).hidden = !has;
    // On a phone a step that is done folds up; this opens it again.
    const again = $('.again', element);
    again.hidden = !isPhone || side === now || !(has || (side === 'back' && skipsBack));
    again.textContent = has ? 'Change' : 'Add';
    const verb = isPhone ? 'Take' : 'Choose';
    $('label span', element).textContent = has ? `${verb} another` : `${verb} a picture`;
  }
  $('#skip').hidden = session.scans.back || !isPhone || skipsBack;
  const ready = session.missing.length === 0;
  $('#finish').classList.toggle('current', now === null);
  $('#finish [type="submit"]').disabled = !ready || uploading > 0;
}

function renderResult() {
  const result = $('#result');
  const title = $('h2', result);
  const isNew = result.dataset.status !== session.status;
  result.dataset.status = session.status;
  title.textContent = titles[session.status] ?? session.status;
  $('.text', result).textContent = session.message;
  $('.reasons', result).replaceChildren(
    // Several reasons may have the same words.
    ...[...new Set(session.reasons.map((reason) => reason.message))].map((text) => {
      const item = document.createElement('li');
      item.textContent = text;
      return item;
    }),
  );
  const advice = adviceFor(session);
  $('.advice', result).textContent = advice;
  $('.advice', result).hidden = !advice;
  $('#restart').hidden = !session.can_restart;
  if (isNew) title.focus();
}

/** What the person can do now. */
function adviceFor({ status, reasons, can_restart }) {
  if (status === 'rejected' && !can_restart) return 'There are no attempts left. Ask whoever sent you here.';
  if (status === 'rejected' && reasons.some((reason) => !reason.retryable)) {
    return 'New pictures of the same document will not help. Try again with another one.';
  }
  if (status === 'rejected') return 'Take new pictures, and mind what is said above.';
  if (status === 'needs_review' && can_restart) return 'You need not wait: better pictures may be enough.';
  return '';
}

function show(next) {
  session = next;
  render();
  plan();
}

/** Looks again after a while; a page that nobody sees can wait. */
function plan() {
  clearTimeout(timer);
  if (final.includes(session?.status)) return;
  const pause = session?.status === 'processing' ? 1000 : 3000;
  timer = setTimeout(refresh, document.hidden ? 10 * pause : pause);
}

async function refresh() {
  try {
    const next = await ask('GET', `/api/verification/check_status/${id}`);
    // What an upload brings is shown when it ends.
    if (uploading === 0) return show(next);
  } catch (error) {
    say(error.status === 404 ? 'There is no verification under this address.' : error.message);
    if (error.status && error.status !== 429 && error.status < 500) return;
  }
  plan();
}

async function upload(side, file) {
  const element = step(side);
  const preview = $('.preview', element);
  complain(element);
  element.classList.add('busy');
  uploading += 1;
  URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(file);
  preview.hidden = false;
  say('Sending the picture.');
  renderSteps();
  try {
    session = await ask('POST', `/api/scan/add/${id}?side=${side}`, file);
    chosen = null;
  } catch (error) {
    preview.hidden = true;
    complain(element, error.message);
    if (error.status === 409) refresh();
  } finally {
    uploading -= 1;
    element.classList.remove('busy');
    show(session);
  }
  moveOn(element);
}

/** Brings a phone to the next step, and whoever uses a keyboard or a reader with it. */
function moveOn(from) {
  if (!isPhone || from?.classList.contains('current')) return;
  const next = $('#capture .current');
  next?.scrollIntoView({ block: 'center' });
  $('h2', next ?? document)?.focus({ preventScroll: true });
}

async function act(section, button, method, path) {
  complain(section);
  button.disabled = true;
  try {
    show(await ask(method, path));
  } catch (error) {
    complain(section, error.message);
    await refresh();
  } finally {
    button.disabled = false;
    if (session && open.includes(session.status)) renderSteps();
  }
}

for (const side of sides) {
  const input = $('input', step(side));
  // A computer has no camera to look at the card with: its files are asked for.
  if (!isPhone) input.removeAttribute('capture');
  input.addEventListener('change', () => {
    const [file] = input.files;
    if (file) upload(side, file);
    input.value = '';
  });
  $('.again', step(side)).addEventListener('click', () => {
    chosen = side;
    renderSteps();
    moveOn();
  });
}

$('#skip').addEventListener('click', () => {
  skipsBack = true;
  chosen = null;
  renderSteps();
  moveOn(step('back'));
});

$('#capture').addEventListener('submit', (event) => {
  event.preventDefault();
  act($('#finish'), event.submitter, 'POST', `/api/scan/confirm/${id}`);
});

$('#cancel').addEventListener('click', (event) => {
  if (!confirm('Cancel this verification? Your pictures will not be checked.')) return;
  act($('#finish'), event.target, 'DELETE', `/api/verification/cancel/${id}`);
});

$('#restart').addEventListener('click', async (event) => {
  skipsBack = false;
  chosen = null;
  await act($('#result'), event.target, 'POST', `/api/scan/restart/${id}`);
  if (open.includes(session.status)) $('#capture h2').focus();
});

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && !final.includes(session?.status)) refresh();
});

if (!isPhone) {
  $('#qr').src = `/verification/${id}/qr.svg`;
  $('#here-only').hidden = !/^(localhost|127\.|\[::1\])/.test(location.hostname);
}
refresh();
