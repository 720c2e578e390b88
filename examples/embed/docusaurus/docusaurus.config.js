// The one line that a Docusaurus site needs; the rest of its configuration stays as it is.
export default {
  title: 'A Service, seen from inside',
  url: 'http://localhost',
  baseUrl: '/',
  presets: [['classic', { docs: { routeBasePath: '/' }, blog: false }]],
  scripts: [{ src: 'http://127.0.0.1:8080/embed.js', type: 'module' }],
};
