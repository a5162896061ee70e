// Runs in the browser, on every page: a form is sent once, however often its button is pressed. With a second press
// the browser would drop the answer to the first, and show that of a form that has been used already.
{
  // For somebody who has stopped the page from loading.
  const AGAIN_AFTER_MILLISECONDS = 10_000
  const { documentElement } = document
  let timer

  const allowAgain = () => {
    clearTimeout(timer)
    documentElement.classList.remove('sending')
  }

  addEventListener('submit', (event) => {
    if (event.defaultPrevented) return
    if (documentElement.classList.contains('sending')) {
      event.preventDefault()
      return
    }
    documentElement.classList.add('sending')
    timer = setTimeout(allowAgain, AGAIN_AFTER_MILLISECONDS)
  })
  // A page that is gone back to is as it was left.
  addEventListener('pageshow', allowAgain)
}
