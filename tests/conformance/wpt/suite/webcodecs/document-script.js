order.push('file');
