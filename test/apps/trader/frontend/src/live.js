import { reactive } from 'vue';

export const TOPICS = ['monitoring', 'strategies', 'capacity'];

/** Keeps a socket open, answers the server's pings, and has the topics' last values. */
export function openLive(token) {
  const state = reactive({ status: 'connecting', values: {} });
  let socket;
  let timer;

  const connect = () => {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    socket = new WebSocket(`${scheme}://${location.host}/api/v1/ws?token=${encodeURIComponent(token)}`);
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'connected') {
        state.status = 'connected';
        for (const topic of TOPICS) socket.send(JSON.stringify({ type: 'subscribe', topic }));
      }
      if (message.type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
      if (message.type === 'data') state.values[message.topic] = message.data;
    };
    socket.onclose = () => {
      state.status = 'disconnected';
      timer = setTimeout(connect, 1000);
    };
  };
  connect();

  const close = () => {
    clearTimeout(timer);
    socket.onclose = null;
    socket.close();
  };
  return { state, close };
}
