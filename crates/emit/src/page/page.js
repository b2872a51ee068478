/* Headings become buttons. Spans, since a browser that repeats a table's head on the next page leaves real buttons out. */
(function(){"use strict";
function key(cell){if(!cell)return null;var v=cell.getAttribute("data-v");if(v!==null)return parseFloat(v);
var t=cell.textContent.trim();if(t===""||t==="—")return null;
var n=t.replace(/,/g,"").match(/^[-+]?\d+(\.\d+)?/);return n&&cell.classList.contains("n")?parseFloat(n[0]):t}
function compare(a,b){if(typeof a==="number"&&typeof b==="number")return a-b;return String(a).localeCompare(String(b),"zh-CN")}
function sort(table,column,down){var body=table.tBodies[0],rows=Array.prototype.slice.call(body.rows);
rows.map(function(row,at){return{row:row,at:at,key:key(row.cells[column])}}).sort(function(a,b){
if(a.key===null||b.key===null)return(a.key===null?1:0)-(b.key===null?1:0)||a.at-b.at;
return(down?-1:1)*compare(a.key,b.key)||a.at-b.at}).forEach(function(entry){body.appendChild(entry.row)});
Array.prototype.forEach.call(table.tHead.rows[0].cells,function(th,at){if(at===column)th.setAttribute("aria-sort",down?"descending":"ascending");else th.removeAttribute("aria-sort")})}
Array.prototype.forEach.call(document.querySelectorAll("table.sortable"),function(table){if(table.tBodies[0].rows.length<2)return;
Array.prototype.forEach.call(table.tHead.rows[0].cells,function(th,column){var button=document.createElement("span"),press=function(){
var now=th.getAttribute("aria-sort"),first=th.classList.contains("n");sort(table,column,now===null?first:now==="ascending")};
button.setAttribute("role","button");button.tabIndex=0;button.title="按此列排序";
while(th.firstChild)button.appendChild(th.firstChild);th.appendChild(button);button.addEventListener("click",press);
button.addEventListener("keydown",function(event){if(event.key==="Enter"||event.key===" "){event.preventDefault();press()}})})});
})();
