// Runs in the browser, after Swagger UI has been loaded.
window.SwaggerUIBundle({
  url: '/openapi/json',
  dom_id: '#documents',
  deepLinking: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null, // else the document is handed to a service elsewhere
})
