// The live parts of the page of runs. The server makes all markup; this script asks the summary what changed, fetches the page again and
// puts its parts in place, and never while somebody is reading there. Without it the page works, and is as new as its last loading.
"use strict";

(() => {
	const SLOW = 5000, FAST = 1500, AGES = 20000;
	const ahead = new Date(document.body.dataset.now) - Date.now(); // the server's clock against this one
	const live = document.getElementById("live");
	const trouble = document.getElementById("trouble");
	let finished = null, running = false, timer = 0, polling = false;

	const say = (text) => { live.textContent = text; };

	// warn shows what keeps the page from being up to date, or clears it.
	function warn(text, link) {
		trouble.hidden = !text;
		trouble.textContent = text || "";
		if (link) {
			const a = document.createElement("a");
			a.href = link;
			a.textContent = "Sign in again";
			trouble.append(" ", a);
		}
	}

	// ask fetches something; null means that it could not be had, which the page says.
	async function ask(url, options) {
		try {
			const answer = await fetch(url, { credentials: "same-origin", redirect: "manual", ...options });
			if (answer.status === 401 || answer.type === "opaqueredirect") {
				warn("Your session has ended.", document.body.dataset.login);
				return null;
			}
			warn("");
			return answer;
		} catch {
			warn("The server does not answer; trying again.");
			return null;
		}
	}

	// place puts a part of a fetched page where it belongs, and keeps what was open open and the focus where it was.
	function place(page, id) {
		const now = document.getElementById(id), next = page.getElementById(id);
		if (!now || !next) return;
		const open = [...now.querySelectorAll("details[open][id]")].map((d) => d.id);
		const focus = now.contains(document.activeElement) ? document.activeElement.id : "";
		now.replaceWith(document.adoptNode(next));
		for (const d of open) {
			const found = document.getElementById(d);
			if (found) found.open = true;
		}
		if (focus) document.getElementById(focus)?.focus();
		ages();
	}

	// beingRead tells whether replacing the log would disturb somebody.
	function beingRead(part) {
		const selection = document.getSelection();
		return part.querySelector("details[open]") || part.contains(document.activeElement) ||
			(selection && !selection.isCollapsed && part.contains(selection.anchorNode));
	}

	async function fetchPage(part) {
		const url = new URL(location.href);
		url.hash = "";
		if (part) url.searchParams.set("part", part);
		const answer = await ask(url, { headers: { Accept: "text/html" } });
		if (!answer?.ok) return null;
		return new DOMParser().parseFromString(await answer.text(), "text/html");
	}

	async function refreshCards() {
		const page = await fetchPage("cards");
		if (page) place(page, "cards");
	}

	async function refreshAll(force) {
		const page = await fetchPage("");
		if (!page) return;
		for (const id of ["cards", "mailboxes", "waiting"]) place(page, id);
		const log = document.getElementById("log");
		if (force || !beingRead(log)) {
			place(page, "log");
			return;
		}
		document.getElementById("newer")?.removeAttribute("hidden");
	}

	async function poll() {
		clearTimeout(timer);
		if (polling || document.hidden) return;
		polling = true;
		try {
			const answer = await ask(document.body.dataset.summary, { headers: { Accept: "application/json" } });
			if (answer?.ok) await update(await answer.json());
		} finally {
			polling = false;
			timer = setTimeout(poll, running ? FAST : SLOW);
		}
	}

	async function update(summary) {
		const was = finished, ran = running;
		running = summary.running.length > 0;
		finished = [summary.lastMailboxSync, summary.lastSequenceRun].map((run) => run && run._id + run.status).join();
		if (was !== null && was !== finished) await refreshAll(false);
		else if (running || ran) await refreshCards();
	}

	// ages keeps "3 min ago" true, and tells exact times in the reader's own zone.
	function ages() {
		for (const t of document.querySelectorAll("time[datetime]")) {
			const at = new Date(t.dateTime), s = Math.round((Date.now() + ahead - at) / 1000), span = inWords(Math.abs(s));
			t.title = at.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
			t.textContent = s < 0 ? "in " + span : s < 10 ? "just now" : span + " ago";
		}
	}

	function inWords(s) {
		if (s < 60) return s + " s";
		if (s < 3600) return Math.floor(s / 60) + " min";
		if (s < 172800) return Math.floor(s / 3600) + " h";
		return Math.floor(s / 86400) + " days";
	}

	// runNow starts a job in the place of the form, whose answer would be the page.
	async function runNow(form) {
		const title = form.dataset.run;
		form.querySelector("button").disabled = true;
		say(title + " started");
		const started = ask(form.action, { method: "POST", headers: { Accept: "application/json" } });
		running = true;
		setTimeout(poll, 300);
		const answer = await started;
		if (!answer) return;
		const run = await answer.json().catch(() => ({}));
		if (answer.status === 409) say(title + " is running already");
		else say(title + ": " + (run.status || "failed") + (run.errorMessage || run.error ? ", " + (run.errorMessage || run.error) : ""));
		await poll();
	}

	document.addEventListener("submit", (event) => {
		if (!event.target.dataset.run) return;
		event.preventDefault();
		runNow(event.target);
	});
	document.addEventListener("click", (event) => {
		if (event.target.closest("#newer")) refreshAll(true);
	});
	document.addEventListener("visibilitychange", poll);
	setInterval(ages, AGES);
	ages();
	poll();
})();
