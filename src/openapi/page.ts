/**
 * The documents to read and to try out: Swagger UI, from this server alone. Without scripts in it, so that the
 * content policy can refuse any.
 */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Authy2 API</title>
<link rel="stylesheet" href="/openapi/assets/swagger-ui.css">
<script defer src="/openapi/assets/swagger-ui.js"></script>
<script defer src="/openapi/assets/start.js"></script>
</head>
<body>
<div id="documents"></div>
<noscript>The documents for programs are at <a href="/openapi/json">/openapi/json</a>.</noscript>
</body>
</html>
`
