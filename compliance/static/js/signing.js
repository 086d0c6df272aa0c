// Keeps answers of a merchant's page while they are given, and tells the time of the browser.
// Every page works without it: the buttons keep the same answers, and the day is typed.
document.addEventListener('DOMContentLoaded', function () {
  const now = new Date()
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10)
  document.querySelectorAll('[data-clock=day]').forEach(function (field) {
    if (!field.value) { field.value = local }
  })
  // A merchant has no account and so no zone; the browser knows its own. UTC stays behind it.
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
    day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short', hourCycle: 'h23'
  })
  document.querySelectorAll('time[data-clock=moment]').forEach(function (part) {
    part.textContent = clock.format(new Date(part.dateTime))
  })

  document.querySelectorAll('form[data-autosave]').forEach(function (form) {
    const told = form.querySelector('[data-told]')
    let timer = 0
    let isSending = false
    let isChanged = false

    function answers () {
      const fields = new FormData(form)
      // A tick for what was said before counts only when the page is sent: it can be taken back.
      Array.from(fields.keys()).filter(function (name) { return name.startsWith('c-') })
        .forEach(function (name) { fields.delete(name) })
      fields.set('autosave', 'yes')
      return fields
    }

    function keep () {
      if (isSending) { isChanged = true; return }
      isSending = true
      isChanged = false
      fetch(form.action || location.href, { method: 'POST', body: answers(), redirect: 'manual' })
        .then(function (answer) {
          const words = { 204: told.dataset.kept, 202: told.dataset.partly }
          told.textContent = words[answer.status] || told.dataset.lost
        })
        .catch(function () { told.textContent = told.dataset.lost })
        .finally(function () { isSending = false; if (isChanged) { keep() } })
    }

    form.addEventListener('change', function () {
      clearTimeout(timer)
      timer = setTimeout(keep, 800)
    })
    form.addEventListener('submit', function () { clearTimeout(timer) })
  })

  document.querySelectorAll('[data-clock=time]').forEach(function (field) {
    field.form.addEventListener('submit', function () { field.value = new Date().toISOString() })
  })
})
