// Says in words why a passkey did not work; django-allauth's own script does the talking to the key.
document.addEventListener('allauth.error', function (event) {
  const place = document.getElementById('passkey-error')
  if (!place) { return }
  event.preventDefault()
  const cause = event.detail.exception
  const words = {
    NotAllowedError: 'The browser got no answer from a passkey. Try again, or use another way.',
    InvalidStateError: 'This passkey is registered already.',
    SecurityError: 'Passkeys work only at ' + place.dataset.site + '. Open that address and try again.'
  }
  place.textContent = words[cause && cause.name] || 'The passkey could not be used: ' + cause
  place.hidden = false
})

// The buttons wake up only when django-allauth listens to them: a click before would do nothing.
document.addEventListener('DOMContentLoaded', function () {
  document.querySelectorAll('[data-passkey]').forEach(function (button) { button.disabled = false })
})
