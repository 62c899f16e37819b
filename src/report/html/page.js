'use strict';
// Filters, groups and sorts what is there already, and copies commands; nothing is loaded.
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const byId = (id) => document.getElementById(id);
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    node.className = name;
    node.textContent = text;
    return node;
  };
  const issues = all('.issue');
  const lists = all('.list');
  const facets = all('.facet');
  const grouped = byId('grouped');
  const [search, path, group, sort, told] = ['search', 'path', 'group', 'sort', 'told'].map(byId);
  const ranks = ['critical', 'high', 'unassigned', 'medium', 'low', 'info'];
  const once = (read) => {
    const known = new Map();
    return (issue) => {
      if (!known.has(issue)) known.set(issue, read(issue));
      return known.get(issue);
    };
  };
  const textOf = once((issue) => issue.textContent.toLowerCase());
  const titleOf = once((issue) => issue.querySelector('.title').textContent);
  const severityOf = once((issue) => ranks.find((rank) => issue.classList.contains(rank)));
  const scannersOf = once((issue) => issue.querySelector('.by').textContent.split(', '));
  const placesOf = once((issue) => [...new Set(all('.place', issue).map((place) => place.textContent))]);
  const filesOf = once((issue) => [...new Set(placesOf(issue).map((place) => place.replace(/:\d+$/, '')))]);
  const home = new Map(issues.map((issue, number) => [issue, { rows: issue.parentNode, number }]));
  const valueOf = {
    severity: (issue) => [severityOf(issue)],
    status: (issue) => [issue.dataset.status || home.get(issue).rows.parentNode.dataset.list],
    scanner: scannersOf,
  };

  for (const part of all('.tools')) part.hidden = issues.length === 0;
  if (!matchMedia('(min-width: 64rem)').matches) byId('filters').open = false;

  // A path filter is a part of a path, or a pattern with `*` for a part of it.
  function pathTest(text) {
    const words = text.trim().split(/\s+/).filter(Boolean).map((word) => {
      const parts = word.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
      return new RegExp(parts.join('.*') + (word.includes('*') && !word.endsWith('*') ? '$' : ''), 'i');
    });
    return (issue) => words.every((word) => filesOf(issue).some((file) => word.test(file)));
  }

  function filter() {
    const wanted = new Map();
    for (const facet of facets) {
      if (facet.getAttribute('aria-pressed') !== 'true') continue;
      const { key, value } = facet.dataset;
      wanted.set(key, [...(wanted.get(key) || []), value]);
    }
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const inPath = pathTest(path.value);
    let shown = 0;
    for (const issue of issues) {
      const fits = [...wanted].every(([key, values]) => valueOf[key](issue).some((value) => values.includes(value)))
        && words.every((word) => textOf(issue).includes(word))
        && inPath(issue);
      if (issue.hidden === fits) issue.hidden = !fits;
      if (fits) shown += 1;
    }
    for (const list of [...lists, ...all('.list', grouped)]) {
      let before = null;
      let left = 0;
      for (const issue of list.querySelector('.rows').children) {
        if (issue.hidden || !home.has(issue)) continue;
        left += 1;
        const title = titleOf(issue);
        if (issue.classList.contains('again') !== (title === before)) issue.classList.toggle('again');
        before = title;
      }
      const also = all('.also', list).filter((line) => {
        line.hidden = line.issue.hidden;
        return !line.hidden;
      });
      list.querySelector('.count').textContent = String(left + also.length);
      list.hidden = left + also.length === 0;
    }
    const of = issues.length === 1 ? '1 issue' : `${issues.length} issues`;
    told.textContent = `${shown} of ${of} shown`;
  }

  const orders = {
    severity: (a, b) => ranks.indexOf(severityOf(a)) - ranks.indexOf(severityOf(b)),
    path: (a, b) => (placesOf(a)[0] || '').localeCompare(placesOf(b)[0] || '', undefined, { numeric: true }),
    title: (a, b) => titleOf(a).localeCompare(titleOf(b)),
    occurrences: (a, b) => Number(b.dataset.occurrences || 1) - Number(a.dataset.occurrences || 1),
  };
  const keysOf = { file: filesOf, severity: valueOf.severity, scanner: scannersOf };

  function arrange() {
    const order = orders[sort.value] || (() => 0);
    const sorted = [...issues].sort((a, b) => order(a, b) || home.get(a).number - home.get(b).number);
    grouped.hidden = !group.value;
    grouped.replaceChildren();
    const rows = new Map();
    const rowsOf = (key) => {
      if (!rows.has(key)) {
        const list = make('section', 'list', '');
        const head = make('h2', '', `${key} `);
        head.append(make('span', 'count', ''));
        list.append(head, make('div', 'rows', ''));
        rows.set(key, list);
      }
      return rows.get(key).querySelector('.rows');
    };
    for (const issue of sorted) {
      if (!group.value) {
        home.get(issue).rows.append(issue);
        continue;
      }
      const [first, ...others] = keysOf[group.value](issue);
      rowsOf(first || 'elsewhere').append(issue);
      for (const key of others) {
        const line = make('p', 'also', '');
        const link = make('a', '', titleOf(issue));
        link.href = `#${issue.id}`;
        link.addEventListener('click', () => { issue.open = true; });
        const places = placesOf(issue).filter((place) => place.startsWith(key));
        line.append(link, ` ${places.join(', ')}`);
        line.issue = issue;
        rowsOf(key).append(line);
      }
    }
    const keys = [...rows.keys()];
    if (group.value === 'severity') keys.sort((a, b) => ranks.indexOf(a) - ranks.indexOf(b));
    grouped.append(...keys.map((key) => rows.get(key)));
    filter();
  }

  for (const facet of facets) {
    facet.addEventListener('click', () => {
      facet.setAttribute('aria-pressed', String(facet.getAttribute('aria-pressed') !== 'true'));
      filter();
    });
  }
  for (const input of [search, path]) input.addEventListener('input', filter);
  for (const select of [group, sort]) select.addEventListener('change', arrange);
  byId('reset').addEventListener('click', () => {
    for (const facet of facets) facet.setAttribute('aria-pressed', 'false');
    search.value = path.value = group.value = sort.value = '';
    arrange();
  });

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make('textarea', '', text);
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
  }
  for (const command of all('code.command')) {
    const button = make('button', 'copy', 'Copy');
    button.type = 'button';
    button.setAttribute('aria-label', `Copy ${command.textContent}`);
    button.addEventListener('click', async () => {
      await copy(command.textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    command.after(button);
  }

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const active = document.activeElement;
    const typing = ['INPUT', 'SELECT', 'TEXTAREA'].includes(active.tagName);
    if (event.key === 'Escape' && (active === search || active === path)) {
      active.value = '';
      filter();
      active.blur();
    } else if (!typing && event.key === '/') {
      event.preventDefault();
      byId('filters').open = true;
      search.focus();
    } else if (!typing && (event.key === 'j' || event.key === 'k')) {
      const rows = all('.issue:not([hidden]) > summary');
      const at = rows.indexOf(active);
      const next = event.key === 'j' ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0);
      if (rows[next]) rows[next].focus();
    }
  });
  window.addEventListener('beforeprint', () => {
    for (const issue of issues) if (!issue.hidden) issue.open = true;
  });
  if (location.hash) {
    const issue = byId(location.hash.slice(1));
    if (issue && issue.classList.contains('issue')) issue.open = true;
  }
  filter();
})();
