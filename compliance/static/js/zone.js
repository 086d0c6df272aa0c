// Offers the time zone of the browser; without it, the zone is chosen from the list.
document.addEventListener('DOMContentLoaded', function () {
  const button = document.querySelector('[data-browser-zone]')
  const list = document.getElementById('zone')
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone
  const known = Array.from(list.options).some(function (option) { return option.value === name })
  if (!known || list.value === name) { return }
  button.hidden = false
  button.textContent = `Choose ${name}, as this browser says`
  button.addEventListener('click', function () {
    list.value = name
    list.focus()
  })
})
