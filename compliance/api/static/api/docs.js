// Starts the viewer of the OpenAPI document; a file of its own, because inline scripts are refused.
"use strict";

const viewer = document.getElementById("viewer");
SwaggerUIBundle({
  domNode: viewer,
  url: viewer.dataset.document,
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
